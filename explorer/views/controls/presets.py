"""Examples to open with one click, those of the documents marked."""

from __future__ import annotations

from typing import Any

import streamlit as st

from explorer.experiment import Experiment
from explorer.experiment.examples import example_experiment
from explorer.views.foreign_text import escape, marked
from explorer.views.header import summary
from explorer.views.session import Session
from layers.card import Card


def draw_presets(session: Session, card: Card, line: Any) -> None:
    """Draw the card's examples, the one on the screen marked.

    Args:
        session: the visitor.
        card: the layer's.
        line: where to write what to look at in the shown example; else what the layer does.
    """
    t = session.text
    if not card.examples:
        with line:
            _draw_line(session, summary(session, card))
        return
    experiments = [example_experiment(card, example) for example in card.examples]
    shown = next((i for i, experiment in enumerate(experiments) if experiment == session.experiment), None)
    key = f"preset_{card.id}"

    def label(number: int) -> str:
        example = card.examples[number]
        return (f":material/description: {escape(example.document)} · " if example.document else "") + marked(
            t(example.title)
        )

    def choose() -> None:
        number = st.session_state[key]
        if number is None:
            session.shown.pop(key, None)  # a click on the marked example takes its mark away: show it again
            return
        own = session.experiment not in (*experiments, Experiment(card.id))
        session.replace(experiments[number])
        session.put_aside = own
        session.problems.clear()

    st.pills(
        t("Examples"),
        range(len(experiments)),
        format_func=label,
        key=session.show(key, shown),
        on_change=choose,
        label_visibility="collapsed",
    )
    with line:
        _draw_line(session, t(card.examples[shown].shows) if shown is not None else summary(session, card))


def _draw_line(session: Session, text: str) -> None:
    """The line beside the heading, and the way back to what the reader had made."""
    t = session.text
    st.caption(marked(text), width="stretch")
    if session.put_aside:
        st.button(
            t("Back to your own experiment"),
            key="put_aside",
            icon=":material/undo:",
            type="tertiary",
            help=t("The example replaced what you had made; undo brings it back, with the layers that followed."),
            on_click=session.undo,
        )
