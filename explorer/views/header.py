"""The layer's name, what it does in one line, where it comes from."""

from __future__ import annotations

import streamlit as st

from explorer.trace import Check, Trace
from explorer.views.problems import escape
from explorer.views.session import Session
from layers.card import Card


def draw_header(session: Session, card: Card, trace: Trace | None) -> None:
    """Draw the heading, with the mark of the check against NumPy where there is one."""
    t = session.text
    with st.container(horizontal=True, vertical_alignment="center", key="heading"):
        st.title(t(card.title), anchor=False, width="content")
        for document in card.documents:
            st.badge(t("document {number}", number=document), icon=":material/description:", color="gray")
        if trace is not None and trace.check is not None:
            _draw_check(session, trace.check)
    st.markdown(escape(t(card.summary)))


def _draw_check(session: Session, check: Check) -> None:
    t = session.text
    difference = "0" if check.difference == 0 else f"{check.difference:.2g}"
    if check.agrees:
        st.badge(
            t("NumPy agrees · largest difference {difference}", difference=difference), icon=":material/check:",
            color="blue",
        )  # fmt: skip
    else:
        st.badge(
            t("NumPy differs by {difference} (allowed {tolerance})", difference=difference,
              tolerance=f"{check.tolerance:.2g}"),
            icon=":material/warning:", color="orange",
        )  # fmt: skip
