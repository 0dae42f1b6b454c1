"""The flow: one browser component in which a call is drawn as a graph, with its code and the touched number beside it.

`draw` mounts it. Stepping, playing and pointing happen in the browser; a touched cell goes the way of `stage.trail`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence

from explorer.analysis.flow import flow_of
from explorer.model.trace import Trace
from explorer.stage.flow_labels import LABELS
from explorer.stage.frames import pack_frames
from explorer.stage.labels import LABELS as STAGE_LABELS
from explorer.stage.mount import component
from explorer.stage.routes import files
from explorer.stage.xray_labels import LABELS as XRAY_LABELS

__all__ = ["LABELS", "draw"]

_FIGURES = "flow/figures/"


def draw(
    trace: Trace,
    *,
    key: str,
    labels: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
    stale: bool = False,
    axis: Callable[[str], str] = str,
) -> None:
    """Draw the flow of a call. The cursor and what was chosen survive as long as `key` stays.

    Args:
        trace: the call.
        key: the element's key.
        labels: translations of `LABELS` and of the stage's and the X-ray's own; words left out stay English.
        notes: what the reader should know about this recording.
        stale: whether it is the last good one of an experiment that failed.
        axis: an axis name in the reader's language.
    """
    options = {"at": "", "notes": list(notes), "stale": stale, "figures": figures()}
    words = {**STAGE_LABELS, **XRAY_LABELS, **LABELS, **(labels or {})}
    data = pack_frames(trace, words, options, axis, flow=flow_of(trace))
    component("layer_explorer_flow", "flow/main.js")(key=key, data=data)


@functools.cache
def figures() -> list[str]:
    """The modules that draw kinds of operations: every file of their folder."""
    return [name.removeprefix(_FIGURES) for name in files() if name.startswith(_FIGURES) and name.endswith(".js")]
