"""The code of a call for one layer: its inputs put into the gaps, the same text for the eye and for Python."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence

from explorer.core.lifecycle.calls.registry import NOTHING, Entry
from explorer.core.lifecycle.subject import Subject
from explorer.core.lifecycle.typed import as_given, names, symbol

_SETS = {"symbols": "", "others": "_2", "thirds": "_3"}
"""What the names of symbolic inputs end in, for a first, a second and a third call."""


def code_of(subject: Subject, entry: Entry) -> str:
    """A call's code with the layer's own inputs in its gaps, after the lines that make its symbolic inputs."""
    code = entry.call.code
    if subject.card.symbolic and entry.needs != NOTHING:
        return code
    both = "inputs" in entry.takes and "symbols" in entry.takes
    lines: list[str] = []
    for key, ending in _SETS.items():
        if key not in entry.takes:
            continue
        called = [f"{name}{'_in' if both else ''}{ending}" for name in names(subject)]
        given = subject.symbolic_inputs()
        lines += [f"{own} = {symbol(*one)}" for own, one in zip(called, given, strict=True)]
        code = _put(code, key, called, as_given(subject, called))
    code = _put(code, "inputs", names(subject), as_given(subject, names(subject)) + _training(subject))
    if "shapes" in entry.takes:
        shapes = [repr(tuple(array.shape)) for array in subject.arrays]
        code = _put(code, "shapes", shapes, _shapes_given(subject, shapes, re.findall(r"\.(\w+)\(\*shapes", code)))
    return "\n".join([*lines, code])


def _put(code: str, gap: str, listed: Sequence[str], given: str) -> str:
    return code.replace(f"[*{gap}]", f"[{', '.join(listed)}]").replace(f"*{gap}", given)


def _shapes_given(subject: Subject, shapes: Sequence[str], methods: Sequence[str]) -> str:
    """Shapes as a method takes them: of a cell, which is given its states as well, the first alone."""
    method = getattr(subject.card.layer_class, methods[0], None) if methods else None
    if subject.card.spread and inspect.isfunction(method):
        parameters = list(inspect.signature(method).parameters.values())[1:]
        if not any(one.kind is one.VAR_POSITIONAL for one in parameters):
            shapes = shapes[: len(parameters)]
            return ", ".join(shapes)
    return as_given(subject, shapes)


def _training(subject: Subject) -> str:
    """The training flag where it makes a difference: when it is on, or the layer is random unless told not to be."""
    if subject.experiment.training:
        return ", training=True" if _takes_training(subject) else ""
    return ", training=False" if subject.card.random and _takes_training(subject) else ""


def _takes_training(subject: Subject) -> bool:
    call_method = getattr(subject.card.layer_class, "call", None)
    return call_method is not None and "training" in inspect.signature(call_method).parameters
