"""The living widget: what stands in a notebook while Python runs. It needs anywidget, the one room that imports it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anywidget
import traitlets

from explorer.model.problem import Problem
from explorer.notebook.html import code

Answered = Callable[[str, tuple[int, ...], str, bool], bytes]
Changed = Callable[[str, Mapping[tuple[int, ...], float] | None], str]


class FlowWidget(anywidget.AnyWidget):
    """The flow of a call, in the browser.

    Args:
        identity: the same as of its copy in HTML.
        flow, tape: messages of `explorer.notebook.message`.
        answer: called with (tensor, index, way, whole) of a touched cell; gives the message about it.
        change: called with (tensor, index -> number) when cells were set, with ("", None) when they are to be taken
            back; gives why that could not be, or "".
    """

    _esm = code()
    identity = traitlets.Unicode().tag(sync=True)
    flow = traitlets.Bytes().tag(sync=True)
    tape = traitlets.Bytes().tag(sync=True)

    def __init__(self, identity: str, flow: bytes, tape: bytes, answer: Answered, change: Changed) -> None:
        super().__init__(identity=identity, flow=flow, tape=tape)
        self._answer, self._change = answer, change
        self.on_msg(self._heard)

    def __repr__(self) -> str:
        """Nothing: an export that cannot show a widget would print it above the copy."""
        return ""

    def _heard(self, _: Any, content: Any, buffers: Sequence[bytes]) -> None:
        """A message from the browser; what is none of ours is left alone."""
        if not isinstance(content, Mapping):
            return
        said = ""
        if cell := cell_of(content.get("touch")):
            try:
                given = content["touch"]
                data = self._answer(*cell, str(given.get("way", "")), given.get("whole") is True)
                self.send({"told": content.get("number")}, [data])
            except (KeyError, IndexError):
                said = "touch"  # no such cell
            except Problem as problem:
                said = str(problem.what)
        elif cells := cells_of(content.get("edit")):
            said = self._change(*cells)
        elif content.get("reset") is True:
            said = self._change("", None)
        self.send({"heard": content.get("number"), "problem": said})


def cell_of(payload: Any) -> tuple[str, tuple[int, ...]] | None:
    """The cell that a message names; None if it names none."""
    if not isinstance(payload, Mapping):
        return None
    tensor, index = payload.get("tensor"), payload.get("index")
    if not isinstance(tensor, str) or not isinstance(index, list):
        return None
    if not all(type(place) is int and place >= 0 for place in index):
        return None
    return tensor, tuple(index)


def cells_of(payload: Any) -> tuple[str, dict[tuple[int, ...], float]] | None:
    """The cells that a message sets; None if it sets none."""
    if not isinstance(payload, Mapping) or not isinstance(payload.get("cells"), list):
        return None
    tensor, numbers = "", {}
    for one in payload["cells"]:
        index, text = one if isinstance(one, list) and len(one) == 2 else (None, "")
        cell = cell_of({"tensor": payload.get("tensor"), "index": index})
        if cell is None:
            return None
        tensor, place = cell
        try:
            numbers[place] = float(text)
        except (TypeError, ValueError):
            return None
    return (tensor, numbers) if numbers else None
