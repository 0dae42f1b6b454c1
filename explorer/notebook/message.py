"""A call -> what the browser is given: the flow, the tape, and the answer about a touched cell."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from explorer.analysis.flow import flow_of
from explorer.i18n.translator import Translator
from explorer.model.dependence import cell_text
from explorer.model.problem import Problem
from explorer.model.tape import Tape
from explorer.model.trace import Trace
from explorer.notebook.call import Edits, LayerCall
from explorer.stage.answer import account, answer
from explorer.stage.files import figures
from explorer.stage.flow_options import editable, failure, masked, visible
from explorer.stage.frames import pack_frames
from explorer.stage.notebook_labels import ALONE, LABELS
from explorer.stage.tape_message import pack_tape
from explorer.stage.trail_labels import LABELS as TRAIL_LABELS
from explorer.stage.trail_message import pack_trail
from explorer.stage.words import axis_name, flow_labels

MAX_BYTES = 4 * 1024 * 1024
"""The most bytes of arrays in one flow: a notebook holds them all."""
MOST_ACCOUNTS = 100
"""Of so many cells a copy tells how they came to their numbers."""
TALL = 420
"""Pixels of the stage."""


def own_words(t: Translator, alone: bool = False) -> dict[str, str]:
    """The words around a touched cell, and those that only a notebook needs."""
    return {name: t(text) for name, text in {**TRAIL_LABELS, **LABELS, **(ALONE if alone else {})}.items()}


def flow_message(
    trace: Trace,
    identity: str,
    t: Translator,
    *,
    edits: Edits = MappingProxyType({}),
    problem: Problem | None = None,
    alone: bool = False,
    fixed: bool = False,
    tall: int = TALL,
    words: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """The flow.

    Args:
        trace: the call.
        identity: a text of its own for every program: its tape has the same.
        t: the reader's translator.
        edits: cells that were set by hand.
        problem: why the call failed, if it did.
        alone: whether no Python is at hand where it is shown.
        fixed: whether no number of it can be changed there.
        tall: pixels of the stage; 0 for what the window leaves.
        words: other words in the place of those of `LABELS`, in the reader's language.
    """
    tensors = visible(trace)
    notes = [t.message(note) for note in trace.notes]
    if problem is not None:
        notes.insert(0, t("The call failed. This is what it did until then."))
        notes.insert(1, t.message(problem.what))
    return pack_frames(
        trace,
        {**flow_labels(t, tensors), **own_words(t, alone), **words},
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
            "tall": tall,
        },
        lambda name: axis_name(t, name),
        MAX_BYTES,
    )


def tape_message(tape: Tape, identity: str, t: Translator) -> bytes:
    """The tape; its refusals in the reader's language."""
    return pack_tape(tape, identity, [t.message(why) for why in tape.refusals])


def accounts_message(trace: Trace, t: Translator) -> bytes:
    """How the last cells came to their numbers, as JSON by `cell_text`: for where no Python can be asked."""
    cells = (
        (value.tensors[0].id, index)
        for value in reversed(flow_of(trace).values)
        if value.maker is not None
        for index in np.ndindex(value.tensors[0].value.shape)
    )
    told = {cell_text(*cell): account(trace, *cell, t.message) for cell in itertools.islice(cells, MOST_ACCOUNTS)}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def trail_message(
    call: LayerCall,
    trace: Trace,
    edits: Edits,
    t: Translator,
    *,
    tensor: str,
    index: tuple[int, ...],
    way: str,
    whole: bool,
) -> bytes:
    """What is told about a touched cell.

    Args:
        call: the call, to be run again for the trail.
        trace: what it recorded with the edits.
        edits: cells that were set by hand.
        t: the reader's translator.
        tensor, index, way, whole: as of `explorer.stage.answer.answer`.
    Raises:
        KeyError, IndexError: if the trace has no such cell.
    """
    told = answer(
        trace,
        tensor,
        index,
        way=way,
        whole=whole,
        trail_of=lambda name: call.trail(name, tensor, index, edits),
        say=t.message,
    )
    return pack_trail(told, own_words(t))
