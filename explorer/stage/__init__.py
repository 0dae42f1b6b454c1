"""The stage: one browser component that draws a whole trace.

`draw` mounts it. Streamlit is imported when `draw` is called, so that packing and its tests need none.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from explorer.model.trace import Tensor
from explorer.stage.labels import LABELS
from explorer.stage.mount import cell as cell_of
from explorer.stage.mount import component, event
from explorer.stage.pack import pack as _pack

__all__ = ["LABELS", "draw"]

Edited = Callable[[str, tuple[int, ...], str], None]


def draw(
    tensors: Sequence[Tensor],
    *,
    key: str,
    labels: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    on_edit: Edited | None = None,
    axis: Callable[[str], str] = str,
) -> None:
    """Draw tensors, in the order of the flow. Zoom, hover and selection survive as long as `key` stays.

    Args:
        tensors: what to draw; `trace.tensors()` for a whole trace.
        key: the element's key.
        labels: translations of `LABELS`; words left out stay English.
        options: see `explorer.stage.pack.pack`.
        on_edit: called with (tensor id, index, text as typed) when the reader sets a cell. The text is the browser's:
            check it.
        axis: an axis name in the reader's language.
    """
    callbacks: dict[str, Any] = {}
    if on_edit is not None:
        callbacks["on_edit_change"] = functools.partial(_report_edit, key, on_edit)
    component("layer_explorer_stage", "core/main.js")(
        key=key, data=_pack(tensors, {**LABELS, **(labels or {})}, options or {}, axis), **callbacks
    )


def _report_edit(key: str, on_edit: Edited) -> None:
    payload = event(key, "edit")
    cell = cell_of(payload)
    if cell is not None and isinstance(payload.get("value"), str):
        on_edit(*cell, payload["value"][:100])
