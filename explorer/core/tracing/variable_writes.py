"""Which variables a TensorFlow operation writes to, as TensorFlow itself describes it."""

from __future__ import annotations

import functools
from typing import Any

import tensorflow as tf

from explorer.core.keras_private import eager_context, op_def_registry

_READERS = ("Read", "ResourceGather", "VariableShape", "VarIsInitialized")
"""Operations that take a variable, give something, and leave the variable as it was, by the start of their names."""


@functools.lru_cache(maxsize=2048)
def positions_written(kind: str) -> frozenset[int]:
    """Places, among the inputs of an operation or of a compiled function, of the variables that it writes to."""
    return _of_function(kind) if op_def_registry.get(kind) is None else _of_operation(kind)


def _of_operation(kind: str) -> frozenset[int]:
    if kind.startswith(_READERS):
        return frozenset()
    arguments = op_def_registry.get(kind).input_arg
    if any(argument.number_attr or argument.type_list_attr for argument in arguments):
        return frozenset()
    return frozenset(place for place, argument in enumerate(arguments) if argument.type == tf.resource.as_datatype_enum)


def _of_function(name: str) -> frozenset[int]:
    try:
        function = eager_context().get_function_def(name)
    except Exception:  # it has been dropped
        return frozenset()
    arguments = [argument.name for argument in function.signature.input_arg]
    written: set[str] = set()
    for node in function.node_def:
        written |= {node.input[place] for place in _of_node(node)}
    return frozenset(place for place, argument in enumerate(arguments) if argument in written)


def _of_node(node: Any) -> frozenset[int]:
    """The same of an operation in a function; of one that calls others (a branch, a loop), what these write to."""
    found = set(positions_written(node.op))
    names = [value.func.name for value in node.attr.values() if value.HasField("func")]
    names += [inner.name for value in node.attr.values() for inner in value.list.func]
    data = [source for source in node.input if not source.startswith("^")]
    for name in names:
        given = len(eager_context().get_function_def(name).signature.input_arg)
        found |= {place + len(data) - given for place in positions_written(name)}  # the condition comes first
    return frozenset(found)
