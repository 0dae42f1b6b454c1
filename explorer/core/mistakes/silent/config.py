"""Arguments that get_config does not write."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

import numpy as np

from explorer.core.mistakes.configs import keys, missing_arguments, parameters
from explorer.core.mistakes.diagnosis import Diagnosis
from explorer.core.mistakes.reading import Method, Reading
from explorer.core.mistakes.rules import silent
from explorer.core.mistakes.syntax import self_attribute, targets
from explorer.core.mistakes.why import diagnosis
from explorer.model.trace import Message


@silent
def argument_missing_from_config(reading: Reading) -> Iterator[Diagnosis]:
    """Arguments that the constructor keeps and get_config leaves out, under every name that it keeps them by."""
    constructor, config = reading.methods.get("__init__"), reading.methods.get("get_config")
    written = keys(reading) if config is not None else None
    if constructor is None or config is None or written is None:
        return
    lost = []
    for name in parameters(constructor):
        kept = _attributes(constructor, name)
        if name not in written and kept and not kept & written and not _as_by_default(reading, constructor, name):
            lost.append(name)
    if lost:
        cause = Message("get_config does not write {names}.", {"names": ", ".join(lost)})
        stored = [name for name in lost if name in _attributes(constructor, name)]
        made = {
            name for _, name, s in reading.assignments("__init__") if isinstance(getattr(s, "value", None), ast.Call)
        }
        fixes = missing_arguments(config, stored or lost, stored == lost and not made & set(stored))
        yield diagnosis("argument_missing_from_config", cause, config.place(), fixes, received=", ".join(lost))


def _as_by_default(reading: Reading, constructor: Method, argument: str) -> bool:
    """Whether the layer at hand was made with the argument's default: then nothing is lost.

    Keras remembers what a layer was made with, where that is plain data; else the layer's attribute tells.
    """
    parameter = inspect.signature(constructor.function).parameters.get(argument)
    if reading.layer is None or parameter is None:
        return False
    given = getattr(getattr(reading.layer, "_auto_config", None), "config", None)
    if given is not None and argument not in given:
        return True
    value = getattr(reading.layer, argument, inspect.Parameter.empty) if given is None else given[argument]
    return value is parameter.default or bool(np.all(value == parameter.default))


def _attributes(constructor: Method, argument: str) -> set[str]:
    """The attributes that the constructor makes from an argument."""
    found = set()
    for node in constructor.nodes:
        value = getattr(node, "value", None)
        goals = [goal for target in getattr(node, "targets", [None]) for goal in getattr(target, "elts", [target])]
        values = value.elts if isinstance(value, ast.Tuple) and len(value.elts) == len(goals) else [value] * len(goals)
        for goal, part in zip(targets(node) and goals, values, strict=False):
            if self_attribute(goal) and any(
                isinstance(n, ast.Name) and n.id == argument for n in ast.walk(part or ast.Pass())
            ):
                found.add(self_attribute(goal))
    return found
