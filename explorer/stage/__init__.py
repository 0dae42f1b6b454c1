"""The stage: one browser component that draws tensors as cards.

`draw` mounts it; `explorer.stage.flow` draws a call. Streamlit is imported when they are called, so that packing, its
tests and notebooks need none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from explorer.model.trace import Tensor
from explorer.stage.labels import LABELS
from explorer.stage.pack import pack as _pack

__all__ = ["LABELS", "draw"]


def draw(
    tensors: Sequence[Tensor],
    *,
    key: str,
    labels: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    axis: Callable[[str], str] = str,
) -> None:
    """Draw tensors, in the order of the flow. Zoom, hover and selection survive as long as `key` stays.

    Args:
        tensors: what to draw; `trace.tensors()` for a whole trace.
        key: the element's key.
        labels: translations of `LABELS`; words left out stay English.
        options: see `explorer.stage.pack.pack`.
        axis: an axis name in the reader's language.
    """
    from explorer.stage.mount import component

    data = _pack(tensors, {**LABELS, **(labels or {})}, options or {}, axis)
    component("layer_explorer_stage", "core/main.js")(key=key, data=data)
