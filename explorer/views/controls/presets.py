"""Examples to open with one click, those of the documents marked."""

from __future__ import annotations

import streamlit as st

from explorer.experiment import Experiment
from explorer.experiment.examples import example_experiment
from explorer.views.foreign_text import escape, marked
from explorer.views.session import Session
from layers.card import Card


def draw_presets(session: Session, card: Card) -> None:
    """Draw the card's examples; the one that is on the screen is marked and tells what to look at."""
    t = session.text
    if not card.examples:
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
    with st.container(horizontal=True, vertical_alignment="center", key="preset_note", gap="small"):
        _draw_note(session, card.examples[shown].shows if shown is not None else "")


def _draw_note(session: Session, shows: str) -> None:
    """What to look at, and the way back to what the reader had made. Its place stays when there is nothing to say."""
    t = session.text
    st.caption(t(shows) if shows else "\u00a0", width="content")
    if session.put_aside:
        st.button(
            t("Back to your own experiment"),
            key="put_aside",
            icon=":material/undo:",
            type="tertiary",
            help=t("The example replaced what you had made; undo brings it back, with the layers that followed."),
            on_click=session.undo,
        )
