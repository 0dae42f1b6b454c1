"""The flow of the call: what the page shows first."""

from __future__ import annotations

from explorer.model.trace import Trace
from explorer.stage import flow
from explorer.stage.flow_labels import LABELS
from explorer.stage.xray_labels import LABELS as XRAY_LABELS
from explorer.views.picture import axis_name, labels
from explorer.views.session import Session


def draw_flow(session: Session, trace: Trace) -> None:
    """Draw a trace as a graph, with its code and the touched number."""
    t = session.text
    words = {name: t(text) for name, text in {**XRAY_LABELS, **LABELS}.items()}
    flow.draw(
        trace, key="flow", labels={**labels(t), **words}, stale=session.stale, axis=lambda name: axis_name(t, name)
    )
