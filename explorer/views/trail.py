"""The touched cell: its trail through every picture on the page, and the arithmetic that made its number."""

from __future__ import annotations

import dataclasses
from urllib.parse import urlencode

import streamlit as st

from explorer.experiment.link import to_query
from explorer.export.qr_code import qr_rows
from explorer.model.dependence import cell_of_text, cell_text
from explorer.model.trace import Trace
from explorer.stage import trail as stage_trail
from explorer.stage.answer import answer
from explorer.stage.trail import LABELS, Touch
from explorer.stage.trail_message import Answer
from explorer.views.panels import Scene
from explorer.views.session import Session, write_link
from explorer.views.work import trail_of


@st.fragment
def draw_trail(scene: Scene) -> None:
    """Listen for the touched cell and answer. A fragment: a touch reruns this alone, not the page."""
    t, session, trace = scene.t, scene.session, scene.trace

    def touched(touch: Touch) -> None:
        session.see(cell=cell_text(touch.tensor, touch.index) if touch.tensor else "", way=touch.way)
        session.whole_sum = touch.whole

    def looked(at: str, present: bool, origin: str) -> None:
        session.see(at=at, present="1" if present else "", origin=origin)

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
    tensor, index = cell
    try:
        return answer(
            trace,
            tensor,
            index,
            way=session.look.way,
            whole=session.whole_sum,
            trail_of=lambda job: trail_of(session, session.experiment, tensor, index, job),
            say=session.text.message,
        )
    except (KeyError, IndexError):
        session.see(cell="", way="")
        return None
