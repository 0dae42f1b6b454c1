"""The touched cell: its trail through every picture on the page, and the arithmetic that made its number."""

from __future__ import annotations

import dataclasses
import functools
from urllib.parse import urlencode

import streamlit as st

from explorer.arithmetic import explain
from explorer.arithmetic.aliases import is_same
from explorer.experiment.link import to_query
from explorer.export.qr_code import qr_rows
from explorer.model.dependence import Trail, cell_of_text, cell_text
from explorer.model.explanation import Explanation
from explorer.model.problem import Problem
from explorer.model.trace import Trace
from explorer.stage import trail as stage_trail
from explorer.stage.arithmetic import hands_on, told
from explorer.stage.names import names_of
from explorer.stage.trail import LABELS, Answer, Touch
from explorer.views.panels import Scene
from explorer.views.session import Session, write_link
from explorer.views.work import trail_of

JOBS = {"made": "trail", "could": "could_depend", "moves": "downstream"}
"""The job that answers each way of asking."""
MOST_COPIES = 8
"""So many cells that only hand a number on are followed."""


@st.fragment
def draw_trail(scene: Scene) -> None:
    """Listen for the touched cell and answer. A fragment: a touch reruns this alone, not the page."""
    t, session, trace = scene.t, scene.session, scene.trace

    def touched(touch: Touch) -> None:
        session.see(cell=cell_text(touch.tensor, touch.index) if touch.tensor else "", way=touch.way)
        session.whole_sum = touch.whole

    def looked(at: str, present: bool) -> None:
        session.see(at=at, present="1" if present else "")

    with st.container(key="trail_box"):
        stage_trail.draw(
            _answer(session, trace) if trace is not None else None,
            key="trail",
            on_touch=touched,
            on_look=looked,
            link=_link(session) if session.look.present else None,
            labels={name: t(text) for name, text in LABELS.items()},
        )
    write_link(session)


def _link(session: Session) -> tuple[str, list[str]]:
    """The address of what is presented, and its QR code: it opens the page, not the presentation."""
    look = dataclasses.replace(session.look, present="")
    link = f"{st.context.url or ''}?{urlencode(to_query(session.experiment, look))}"
    return link, qr_rows(link)


def _answer(session: Session, trace: Trace) -> Answer | None:
    """What is to be told about the touched cell; a cell that this run does not have is let go."""
    cell = cell_of_text(session.look.cell)
    if cell is None or session.stale:
        return None
    try:
        explanations = _explanations(trace, *cell, whole=session.whole_sum)
    except (KeyError, IndexError):
        session.see(cell="", way="")
        return None
    tensor, index = cell
    given = tensor.startswith(("input:", "weight:"))
    ways = [way for way in JOBS if way == "moves" or not given]
    way = session.look.way if session.look.way in ways else ways[0]
    say, problem = session.text.message, ""
    try:
        trail: Trail | None = trail_of(session, session.experiment, tensor, index, JOBS[way])
    except Problem as refused:
        trail, problem = None, say(refused.what)
    arithmetic = told(
        explanations, names_of(trace), say, functools.partial(explain, trace), functools.partial(is_same, trace)
    )
    return Answer(
        tensor,
        index,
        way,
        ways,
        trail.cells if trail else {},
        arithmetic,
        [say(note) for note in trail.notes] if trail else [],
        problem,
    )


def _explanations(trace: Trace, tensor: str, index: tuple[int, ...], whole: bool) -> list[Explanation]:
    """How the cell came to its number, and while it was only handed on, how that one did."""
    found: list[Explanation] = []
    place = (tensor, index)
    while True:
        found.append(explain(trace, *place, shown=None) if whole else explain(trace, *place))
        source = hands_on(found[-1])
        if source is None or len(found) > MOST_COPIES or any(e.tensor == source.tensor for e in found):
            return found
        place = (source.tensor, source.index)
