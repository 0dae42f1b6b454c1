"""The flow: one browser component in which a call is drawn as a graph, with its code and the touched number beside it.

`draw` mounts it. Stepping, playing and pointing happen in the browser. A touched cell, and where the reader came to
rest, go the way of `explorer.stage.trail`; a cell that was set comes back through `on_edit`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from explorer.model.trace import Trace
from explorer.stage.files import figures
from explorer.stage.flow_labels import LABELS
from explorer.stage.frames import pack_frames
from explorer.stage.labels import LABELS as STAGE_LABELS
from explorer.stage.mount import cell, component, event

__all__ = ["LABELS", "draw"]

Edited = Callable[[str, dict[tuple[int, ...], str]], None]


def draw(
    trace: Trace,
    *,
    key: str,
    labels: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    on_edit: Edited | None = None,
    axis: Callable[[str], str] = str,
) -> None:
    """Draw the flow of a call. The cursor and what was chosen survive as long as `key` stays.

    Args:
        trace: the call.
        key: the element's key.
        labels: translations of `LABELS` and of the stage's own; words left out stay English.
        options: JSON: "scale" and "masked" as of `explorer.stage.pack.pack`, "editable" (ids), "edited" (id ->
            indices), "most" (how many cells can be set by hand), "limits" (of parameters that are leaves of the tape:
            the smallest and the largest number), "stale" (whether this is the last good call of an experiment that
            failed), "call" (a text of its own for every program: `explorer.stage.tape` brings its tape), "subject" (the
            layer: tensors of another one are not compared), "tensors" (the ids of those that can be opened large, in
            order), "notes" (texts on this recording), "at" (where the cursor stands, as `Look.at`), "failed" (where
            the call failed, in the same form), "present" (whether it is shown to an audience), "origin" (as
            `Look.origin`), "captions" (what an
            audience reads above it: the layer's name, then a sentence in each language).
        on_edit: called with (tensor id, index -> text as typed) when the reader sets cells of a tensor, or a parameter:
            "param:epsilon" and the index (). The texts are the browser's: check them.
        axis: an axis name in the reader's language.
    """
    callbacks: dict[str, Any] = {}
    if on_edit is not None:
        callbacks["on_edit_change"] = functools.partial(_report_edit, key, on_edit)
    words = {**STAGE_LABELS, **LABELS, **(labels or {})}
    data = pack_frames(trace, words, {"figures": list(figures()), **(options or {})}, axis)
    component("layer_explorer_flow", "flow/main.js")(key=key, data=data, **callbacks)


def _report_edit(key: str, on_edit: Edited) -> None:
    payload = event(key, "edit")
    if not isinstance(payload, Mapping) or not isinstance(cells := payload.get("cells"), (list, tuple)):
        return
    texts: dict[tuple[int, ...], str] = {}
    for one in cells:
        index, text = one if isinstance(one, (list, tuple)) and len(one) == 2 else (None, None)
        place = cell({"tensor": payload.get("tensor"), "index": index})
        if place is None or not isinstance(text, str):
            return
        texts[place[1]] = text[:100]
    if texts:
        on_edit(payload["tensor"], texts)
