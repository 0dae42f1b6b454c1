"""The X-ray: one browser component with the code of a call on one side and its tensors on the other.

`draw` mounts it. Stepping, playing and pointing happen in the browser; Python hears where the reader came to rest.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence

from explorer.model.trace import Trace
from explorer.stage.frames import pack_frames
from explorer.stage.labels import LABELS as STAGE_LABELS
from explorer.stage.mount import component, event
from explorer.stage.xray_labels import LABELS

__all__ = ["LABELS", "draw"]

Looked = Callable[[str], None]

_PLACE = re.compile(r"\d{1,6}(\.\d{1,6}){0,99}:\d{1,7}")


def draw(
    trace: Trace,
    *,
    key: str,
    labels: Mapping[str, str] | None = None,
    at: str = "",
    notes: Sequence[str] = (),
    on_look: Looked | None = None,
    axis: Callable[[str], str] = str,
) -> None:
    """Draw the frames of a trace. Where the reader stands, and their zoom, survive as long as `key` stays.

    Args:
        trace: what to draw.
        key: the element's key.
        labels: translations of `LABELS` and of the stage's own; words left out stay English.
        at: where to stand, as `explorer.experiment.Look.at`.
        notes: what the reader should know about this recording.
        on_look: called with the place at which the reader came to rest, a second after they did.
        axis: an axis name in the reader's language.
    """
    # What the browser told needs no telling back: the message stays as it is.
    options = {"at": "" if at == event(key, "look") else at, "notes": list(notes)}
    data = pack_frames(trace, {**STAGE_LABELS, **LABELS, **(labels or {})}, options, axis)
    component("layer_explorer_xray", "xray/main.js")(
        key=key, data=data, on_look_change=functools.partial(_report_look, key, on_look)
    )


def _report_look(key: str, on_look: Looked | None) -> None:
    place = event(key, "look")
    if on_look is not None and isinstance(place, str) and _PLACE.fullmatch(place):
        on_look(place)
