"""Every claim of the five documents, put beside what happens today."""

from __future__ import annotations

import streamlit as st

from explorer.claims import DOCUMENTS, SOURCES, VERDICTS, claims
from explorer.views import page
from explorer.views.claim import BADGES, draw_claim
from explorer.views.foreign_text import escape
from explorer.views.session import current, write_language


def show() -> None:
    """Draw the claims of the chosen document, filtered by verdict."""
    session = current()
    t = session.text
    st.title(t("Then and now"), anchor=False)
    st.markdown(
        t(
            "Layer Explorer grew out of five articles on Keras layers. Here is each thing they say, and what "
            "happens when it is tried today. Everything can be opened or run."
        )
    )
    document = st.segmented_control(
        t("Document"),
        list(DOCUMENTS),
        key="claims_document",
        default="000",
        required=True,
        format_func=lambda document: escape(t(SOURCES[document].name)),
        label_visibility="collapsed",
    )
    document = document or "000"
    st.subheader(t(SOURCES[document].about), anchor=False)
    verdict = st.pills(
        t("Verdict"),
        list(VERDICTS),
        key="claims_verdict",
        label_visibility="collapsed",
        format_func=lambda verdict: f"{BADGES[verdict][1]} {t(VERDICTS[verdict])}",
    )
    write_language(session)
    for claim in claims():
        if claim.document == document and verdict in (None, claim.verdict):
            draw_claim(session, claim, "page", on_open=True)


page("then-and-now", "Then and now", show, order=30, icon=":material/history:")
