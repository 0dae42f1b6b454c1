"""The tape of a call: an element without a picture, with which the flow computes while a number is dragged.

`draw` mounts it once on a page. The browser asks for the tape of the call that it shows when the reader comes to the
flow, and is sent that alone; it runs it on the numbers that it has before it believes it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from explorer.model.tape import Tape
from explorer.stage.mount import component, event
from explorer.stage.tape_message import pack_tape


def draw(tape: Tape | None, *, key: str, of: str, on_want: Callable[[str], None], refusals: Sequence[str] = ()) -> None:
    """Hand a tape to the page, and listen for whether one is wanted.

    Args:
        tape: the tape; None as long as nobody wants it.
        key: the element's key.
        of: which call it is of: the flow has the same text in its options.
        on_want: called with the text of the call whose tape the browser wants. It is the browser's: check it.
        refusals: why it cannot be believed, in the reader's language.
    """
    data = pack_tape(tape, of, refusals) if tape is not None else b""
    component("layer_explorer_tape", "tape/main.js")(
        key=key, data=data, on_want_change=functools.partial(_report, key, on_want)
    )


def _report(key: str, on_want: Callable[[str], None]) -> None:
    of = event(key, "want")
    if isinstance(of, str) and len(of) == 64:
        on_want(of)
