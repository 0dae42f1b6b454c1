"""The tape of the shown call: fetched when the reader comes to the flow, so that a number can be dragged there."""

from __future__ import annotations

import contextlib

import streamlit as st

from explorer.experiment import Experiment
from explorer.model.problem import Problem
from explorer.stage import tape as stage_tape
from explorer.views.panels import Scene
from explorer.views.work import tape_of


def program_of(experiment: Experiment) -> str:
    """A text that is another one for every other program: cells that were set by hand do not change it."""
    return experiment.change(edits=()).key


@st.fragment
def draw_tape(scene: Scene) -> None:
    """Listen for the wish for a tape and hand it over, once: the browser keeps it for every change of cells.

    A fragment: the wish reruns this alone, not the page.
    """
    session = scene.session
    of = program_of(session.experiment) if session.tape_wanted else ""

    def wanted(call: str) -> None:
        session.tape_wanted = call

    tape = None
    if of and session.tape_wanted == of and not session.stale:
        with contextlib.suppress(Problem):  # the page has told it: it is that of the run
            tape = tape_of(session, session.experiment)
        session.tape_wanted = ""
    with st.container(key="tape_box"):
        stage_tape.draw(
            tape,
            key="tape",
            of=of,
            on_want=wanted,
            refusals=[scene.t.message(why) for why in tape.refusals] if tape else [],
        )
