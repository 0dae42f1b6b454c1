"""The layer's name, where it comes from, and a line beside it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from explorer.claims import SOURCES
from explorer.experiment.chains import ARROW
from explorer.model.problem import Problem
from explorer.views.foreign_text import escape, title_of
from explorer.views.session import Session
from explorer.views.work import card_of, check_of
from layers.card import Card


def draw_header(session: Session, card: Card) -> tuple[Any, Any]:
    """Draw the heading.

    Returns:
        A slot beside it for the mark of the check against NumPy, and one for a line of text.
    """
    t = session.text
    titles = [title_of(t, one) for one in (card, *(card_of(session, link.layer) for link in session.experiment.then))]
    with st.container(horizontal=True, vertical_alignment="center", key="heading"):
        st.title(escape(ARROW.join(titles)), anchor=False, width="content")
        for document in card.documents:
            st.badge(escape(t(SOURCES[document].name)), icon=":material/description:", color="gray")
        mark = st.empty()
        line = st.container(horizontal=True, vertical_alignment="center", key="heading_line", gap="small")
    return mark, line


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
