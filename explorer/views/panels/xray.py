"""The code of the call, line by line, with the tensor that each expression made."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explorer.model.trace import Frame
from explorer.stage import xray
from explorer.stage.xray_labels import LABELS
from explorer.views import panel
from explorer.views.panels import Scene
from explorer.views.picture import axis_name, labels
from explorer.views.session import write_link


def show(scene: Scene) -> None:
    """Draw the X-ray of the trace; of a call that failed, what it recorded until then."""
    _draw(scene)


@st.fragment
def _draw(scene: Scene) -> None:
    """A fragment: what the browser reports reruns this alone, not the page."""
    t, session = scene.t, scene.session
    trace = session.failed or scene.trace
    if trace is None:
        return

    def looked(place: str) -> None:
        session.see(at=place)

    notes = [t.message(note) for note in trace.notes]
    if trace is session.failed:
        notes.insert(0, t("The call failed. This is what it did until then."))
    at = failure(trace.frames) or session.look.at
    xray.draw(
        trace,
        key="xray",
        labels={**labels(t), **{name: t(text) for name, text in LABELS.items()}},
        at=at,
        notes=notes,
        on_look=looked,
        axis=lambda name: axis_name(t, name),
    )
    write_link(session)


def failure(frames: Sequence[Frame], path: tuple[int, ...] = ()) -> str:
    """Where a call failed, as `Look.at`; "" if it did not."""
    for position, frame in enumerate(frames):
        here = (*path, position)
        for number, step in enumerate(frame.steps):
            if step.error:
                return f"{'.'.join(map(str, here))}:{number}"
        deeper = failure(frame.children, here)
        if deeper:
            return deeper
    return ""


panel(
    "xray",
    "X-ray",
    show,
    order=6,
    fits=lambda scene: bool(scene.trace or scene.session.failed) and not scene.card.symbolic,
)
