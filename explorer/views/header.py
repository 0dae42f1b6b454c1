"""The layer's name, what it does in one line, where it comes from."""

from __future__ import annotations

from typing import Any

import streamlit as st

from explorer.experiment.chains import ARROW
from explorer.model.problem import Problem
from explorer.views.foreign_text import escape, marked
from explorer.views.session import Session
from explorer.views.work import card_of, check_of
from layers.card import Card


def draw_header(session: Session, card: Card) -> Any:
    """Draw the heading.

    Returns:
        A slot beside it, for the mark of the check against NumPy.
    """
    t = session.text
    titles = [t(one.title) for one in (card, *(card_of(session, link.layer) for link in session.experiment.then))]
    with st.container(horizontal=True, vertical_alignment="center", key="heading"):
        st.title(ARROW.join(titles), anchor=False, width="content")
        for document in card.documents:
            st.badge(t("document {number}", number=escape(document)), icon=":material/description:", color="gray")
        mark = st.empty()
    if len(titles) == 1:
        st.markdown(marked(t(card.summary)))
    else:
        st.markdown(t("A chain of {count} layers: each takes what the one before it gives.", count=len(titles)))
    return mark


def draw_check(session: Session, card: Card, mark: Any) -> None:
    """Fill the slot with how far the output is from its NumPy derivation, where every layer has one.

    It is asked for when all the rest has been sent: nothing waits for it.
    """
    experiment, t = session.experiment, session.text
    cards = (card, *(card_of(session, link.layer) for link in experiment.then))
    if session.stale or not all(one.reference for one in cards):
        return
    try:
        with mark:
            check = check_of(session, experiment)
    except Problem:  # what cannot be run is told where the picture stands
        return
    if check is None:
        return
    difference = "0" if check.difference == 0 else f"{check.difference:.2g}"
    if check.agrees:
        mark.badge(
            t("NumPy agrees · largest difference {difference}", difference=difference),
            icon=":material/check:",
            color="blue",
        )
    else:
        mark.badge(
            t(
                "NumPy differs by {difference} (allowed {tolerance})",
                difference=difference,
                tolerance=f"{check.tolerance:.2g}",
            ),
            icon=":material/warning:",
            color="orange",
        )
