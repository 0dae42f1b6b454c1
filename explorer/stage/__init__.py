"""The stage: one browser component that draws a whole trace.

`draw` mounts it. Streamlit is imported when `draw` is called, so that packing and its tests need none.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from explorer.stage.labels import LABELS
from explorer.stage.pack import pack as _pack
from explorer.stage.routes import version
from explorer.trace import Tensor

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

__all__ = ["LABELS", "draw"]

Edited = Callable[[str, tuple[int, ...], str], None]
Looked = Callable[[str, tuple[int, ...]], None]


def draw(
    tensors: Sequence[Tensor],
    *,
    key: str,
    labels: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    on_edit: Edited | None = None,
    on_look: Looked | None = None,
) -> None:
    """Draw tensors, in the order of the flow. Zoom, hover and selection survive as long as `key` stays.

    Args:
        tensors: what to draw; `trace.tensors()` for a whole trace.
        key: the element's key.
        labels: translations of `LABELS`; words left out stay English.
        options: see `explorer.stage.pack.pack`.
        on_edit: called with (tensor id, index, text as typed) when the reader sets a cell. The text is the browser's:
            check it.
        on_look: called with (tensor id, index) when the reader picks a cell that cannot be edited.
    """
    chosen = {**(options or {}), "look": on_look is not None}
    callbacks: dict[str, Any] = {}
    if on_edit is not None:
        callbacks["on_edit_change"] = functools.partial(_report_edit, key, on_edit)
    if on_look is not None:
        callbacks["on_look_change"] = functools.partial(_report_look, key, on_look)
    _component()(key=key, data=_pack(tensors, {**LABELS, **(labels or {})}, chosen), **callbacks)


@functools.cache
def _component() -> ComponentRenderer:
    """The component, registered once. Its code is a few lines; the modules come from the stage's own route."""
    import streamlit as st

    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    address = f"/{base}/stage/{version()}/main.js" if base else f"/stage/{version()}/main.js"
    return st.components.v2.component("layer_explorer_stage", js=_LOADER.replace("ADDRESS", address))


_LOADER = """
export default async function (component) {
  try {
    const stage = await import(new URL("ADDRESS", location.origin).href)
    return await stage.default(component)
  } catch (error) {
    const message = document.createElement("p")
    message.setAttribute("role", "alert")
    message.textContent = "The picture could not be loaded: " + error
    component.parentElement.replaceChildren(message)
  }
}
"""


def _cell(payload: Any) -> tuple[str, tuple[int, ...]] | None:
    """The cell that a message from the browser names; None if it is not one."""
    if not isinstance(payload, Mapping):
        return None
    tensor, index = payload.get("tensor"), payload.get("index")
    if not isinstance(tensor, str) or not isinstance(index, (list, tuple)):
        return None
    if not all(type(position) is int and position >= 0 for position in index):
        return None
    return tensor, tuple(index)


def _event(key: str, name: str) -> Any:
    import streamlit as st

    state = st.session_state.get(key)
    return state.get(name) if isinstance(state, Mapping) else None


def _report_edit(key: str, on_edit: Edited) -> None:
    payload = _event(key, "edit")
    cell = _cell(payload)
    if cell is not None and isinstance(payload.get("value"), str):
        on_edit(*cell, payload["value"][:100])


def _report_look(key: str, on_look: Looked) -> None:
    cell = _cell(_event(key, "look"))
    if cell is not None:
        on_look(*cell)
