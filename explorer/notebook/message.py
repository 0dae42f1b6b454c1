"""A call -> what the browser is given: the flow, the tape, and the answer about a touched cell."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.i18n.translator import Translator
from explorer.model.problem import Problem
from explorer.model.tape import Tape
from explorer.model.trace import Trace
from explorer.notebook.call import Edits, LayerCall
from explorer.notebook.labels import LABELS
from explorer.stage.answer import answer
from explorer.stage.files import figures
from explorer.stage.flow_options import editable, failure, masked, visible
from explorer.stage.frames import pack_frames
from explorer.stage.tape_message import pack_tape
from explorer.stage.trail_labels import LABELS as TRAIL_LABELS
from explorer.stage.trail_message import pack_trail
from explorer.stage.words import axis_name, flow_labels

MAX_BYTES = 4 * 1024 * 1024
"""The most bytes of arrays in one flow: a notebook holds them all."""
TALL = 420
"""Pixels of the stage."""


def words(t: Translator) -> dict[str, str]:
    """The words around a touched cell, and those that only a notebook needs."""
    return {name: t(text) for name, text in {**TRAIL_LABELS, **LABELS}.items()}


def flow_message(
    trace: Trace, identity: str, t: Translator, *, edits: Edits, problem: Problem | None = None, fixed: bool = False
) -> bytes:
    """The flow.

    Args:
        trace: the call.
        identity: a text of its own for every program: its tape has the same.
        t: the reader's translator.
        edits: cells that were set by hand.
        problem: why the call failed, if it did.
        fixed: whether there is no tape, so that no number can be changed where no kernel runs.
    """
    tensors = visible(trace)
    notes = [t.message(note) for note in trace.notes]
    if problem is not None:
        notes.insert(0, t("The call failed. This is what it did until then."))
        notes.insert(1, t.message(problem.what))
    return pack_frames(
        trace,
        {**flow_labels(t, tensors), **words(t)},
        {
            "figures": list(figures()),
            "tensors": [tensor.id for tensor in tensors],
            "editable": [] if fixed else editable(tensors),
            "edited": {name: [list(index) for index in cells] for name, cells in edits.items()},
            "masked": masked(trace),
            "call": identity,
            "subject": identity,
            "notes": notes,
            "failed": failure(trace.frames) if problem is not None else "",
            "tall": TALL,
        },
        lambda name: axis_name(t, name),
        MAX_BYTES,
    )


def tape_message(tape: Tape, identity: str, t: Translator) -> bytes:
    """The tape; its refusals in the reader's language."""
    return pack_tape(tape, identity, [t.message(why) for why in tape.refusals])


def trail_message(
    call: LayerCall, trace: Trace, tensor: str, index: Sequence[int], t: Translator, *, way: str, whole: bool, edits: Edits
) -> bytes:
    """What is told about a touched cell.

    Raises:
        KeyError, IndexError: if the trace has no such cell.
    """
    told = answer(
        trace,
        tensor,
        tuple(index),
        way=way,
        whole=whole,
        trail_of=lambda name: call.trail(name, tensor, index, edits),
        say=t.message,
    )
    return pack_trail(told, words(t))
