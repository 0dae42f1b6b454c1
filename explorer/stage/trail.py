"""The trail of the touched cell: an element without a picture, which tells the flow what to mark.

`draw` mounts it once on a page. A touch reruns the fragment that it stands in and sends the answer alone; the flow and
its numbers stay where they are. The flow tells through it where its reader came to rest, too.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from explorer.stage.mount import cell as cell_of
from explorer.stage.mount import component, event
from explorer.stage.trail_labels import LABELS
from explorer.stage.trail_message import Answer, pack_trail

__all__ = ["LABELS", "Answer", "Touch", "draw"]

_PLACE = re.compile(r"\d{1,6}(\.\d{1,6}){0,99}:\d{1,7}")
_AXIS = re.compile(r"input:\d{1,4}@\d{1,2}")


@dataclass(frozen=True)
class Touch:
    """What the reader asks for.

    Attributes:
        tensor, index: the cell; "" and () to let go of it.
        way: "made", "could", "moves", or "" for the one that suits the tensor.
        whole: whether all terms of a long sum are to be listed.
    """

    tensor: str
    index: tuple[int, ...]
    way: str = ""
    whole: bool = False


def draw(
    answer: Answer | None,
    *,
    key: str,
    on_touch: Callable[[Touch], None],
    on_look: Callable[[str, bool, str], None],
    link: tuple[str, Sequence[str]] | None = None,
    labels: Mapping[str, str] | None = None,
) -> None:
    """Tell the page about a cell, and listen for the next one.

    Args:
        answer: about the touched cell; None if there is none.
        key: the element's key.
        on_touch: called when the reader touches a cell or lets go of it. The ids and numbers are the browser's: check
            them.
        on_look: called with where the reader came to rest, whether they present, and the axis by which cells are
            coloured, as a Look holds them.
        link: the page's address and the rows of its QR code, as `explorer.export.qr_code` gives them.
        labels: translations of `LABELS`; words left out stay English.
    """
    component("layer_explorer_trail", "trail/main.js")(
        key=key,
        data=pack_trail(answer, {**LABELS, **(labels or {})}, link),
        on_touch_change=functools.partial(_report, key, on_touch),
        on_look_change=functools.partial(_report_look, key, on_look),
    )


def _report(key: str, on_touch: Callable[[Touch], None]) -> None:
    payload = event(key, "touch")
    cell = cell_of(payload)
    if cell is not None:
        way = payload.get("way")
        on_touch(Touch(*cell, way if isinstance(way, str) else "", payload.get("whole") is True))


def _report_look(key: str, on_look: Callable[[str, bool, str], None]) -> None:
    payload = event(key, "look")
    if not isinstance(payload, Mapping):
        return
    at, origin = payload.get("at"), payload.get("origin", "")
    if not isinstance(at, str) or not isinstance(origin, str):
        return
    if (not at or _PLACE.fullmatch(at)) and (not origin or _AXIS.fullmatch(origin)):
        on_look(at, payload.get("present") is True, origin)
