"""Examples to open with one click, those of the documents marked."""

from __future__ import annotations

from typing import Any

import streamlit as st

from explorer.experiment import Experiment
from explorer.experiment.examples import example_experiment, shown_example
from explorer.views.foreign_text import marked
from explorer.views.session import Session
from layers.card import Card, Example


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
            _draw_line(session, card, None)
        return
    experiments = [example_experiment(card, example) for example in card.examples]
    shown = shown_example(session.experiment, card)
    key = f"preset_{card.id}"

    def label(number: int) -> str:
        example = card.examples[number]
        return (":material/description: " if example.document else "") + marked(t(example.title))

    def choose(number: int | None) -> None:
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
        on_change=session.accept(key, choose),
        label_visibility="collapsed",
    )
    with line:
        _draw_line(session, card, None if shown is None else card.examples[shown])


def _what_to_see(session: Session, card: Card, example: Example | None) -> str:
    """What to look at in an example; without one what the layers do."""
    t = session.text
    count = 1 + len(session.experiment.then)
    if example is None and count > 1:
        return t("A chain of {count} layers: each takes what the one before it gives.", count=f"{count:d}")
    if example is None:
        return marked(t(card.summary))
    return marked(t(example.shows))


def _draw_line(session: Session, card: Card, example: Example | None) -> None:
    """The line beside the heading, and the way back to what the reader had made."""
    t = session.text
    st.caption(_what_to_see(session, card, example), width="stretch")
    if session.put_aside:
        st.button(
            t("Back to your own experiment"),
            key="put_aside",
            icon=":material/undo:",
            type="tertiary",
            help=t("The example replaced what you had made; undo brings it back, with the layers that followed."),
            on_click=session.undo,
        )
