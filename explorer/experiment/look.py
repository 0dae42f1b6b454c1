"""The Look: what the reader looks at. It never changes a number."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """What the reader looks at. Never changes a number.

    Attributes:
        panel: the open panel below the flow.
        tensor: the tensor that the panels are about.
        scale: "own" (a scale per tensor) or "shared".
        language: "en", "ko", or "" to follow the browser.
        at: where the flow's cursor stands: positions of frames from the outermost, a colon, a step ("0.2:5"); "" at the
            end.
        present: "1" while the flow is shown to an audience, else "".
        origin: the input and its axis by which the flow colours cells ("input:0@1"); "" by their numbers.
        cell: the touched cell, as `explorer.model.dependence.cell_text` writes it ("step:7@0,1"); "" for none.
        way: which trail of it is shown: "made", "could", "moves"; "" for the one that suits the tensor.
        call: the call that is open ("get_weights"), or the moment of life ("build"), as the open panel names it.
    """

    panel: str = ""
    tensor: str = ""
    scale: str = "own"
    language: str = ""
    at: str = ""
    present: str = ""
    origin: str = ""
    cell: str = ""
    way: str = ""
    call: str = ""
