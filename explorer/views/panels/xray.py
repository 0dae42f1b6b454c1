"""The code of the call, line by line, with the tensor that each expression made."""

from __future__ import annotations

import streamlit as st

from explorer.stage import xray
from explorer.stage.xray_labels import LABELS
from explorer.trace import Trace
from explorer.views import View
from explorer.views.panels import Scene
from explorer.views.picture import axis_name, labels
from explorer.views.session import write_link


def show(scene: Scene) -> None:
    """Draw the X-ray of the trace."""
    if scene.trace is not None:
        _draw(scene, scene.trace)


@st.fragment
def _draw(scene: Scene, trace: Trace) -> None:
    """A fragment: what the browser reports reruns this alone, not the page."""
    t, session = scene.t, scene.session

    def looked(place: str) -> None:
        session.see(at=place)

    xray.draw(
        trace, key="xray", labels={**labels(t), **{name: t(text) for name, text in LABELS.items()}}, at=session.look.at,
        notes=[t.message(note) for note in trace.notes], on_look=looked, axis=lambda name: axis_name(t, name),
    )  # fmt: skip
    write_link(session)


VIEW = View("xray", "X-ray", show, order=5, fits=lambda scene: scene.trace is not None and not scene.card.symbolic)
