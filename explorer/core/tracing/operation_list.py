"""The list of TensorFlow operations that ran, in the place of a source that cannot be followed."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping, Sequence
from typing import Any

from explorer.core.keras_private import op_def_registry
from explorer.core.tracing.source_position import Site

_COMPILED = re.compile(r"__(?:inference|forward|backward)_(.+?)_\d+(?:_\d+)*$")


class Listing:
    """Looks to its readers like a rewritten function whose every line is one operation.

    Attributes:
        first_line: 0, as it stands in no file.
        sites: a line for each operation.
        code: an empty function's.
    """

    first_line = 0
    code: types.CodeType = (lambda: None).__code__

    def __init__(self) -> None:
        self.sites: list[Site] = []

    @property
    def source(self) -> str:
        """The lines."""
        return "\n".join(site.text for site in self.sites)

    def add(self, operation: Any, args: Sequence[Any], kwargs: Mapping[str, Any], outputs: Sequence[Any]) -> int:
        """Write a line. Returns its number."""
        kind = operation.rsplit(".", 1)[-1] if isinstance(operation, str) else type(operation).__name__
        given = ", ".join([*map(_shape, args), *(f"{name}={value!r}" for name, value in kwargs.items())])
        text = f"{kind}({given}) -> {', '.join(map(_shape, outputs))}"
        line = len(self.sites) + 1
        self.sites.append(Site(line, 0, line, len(text), text, given=_argument_names(kind, len(args))))
        return len(self.sites) - 1


def raw_operation(kind: str) -> str:
    """An operation by the name under which it can be called: "tf.raw_ops.MatMul"; of a compiled function, its own."""
    compiled = _COMPILED.match(kind)
    return f"tf.function.{compiled[1]}" if compiled else f"tf.raw_ops.{kind}"


def plain_operation(kind: str) -> str:
    """The same in short: "MatMul", "tf.function.call"."""
    return raw_operation(kind).removeprefix("tf.raw_ops.")


def attributes_of(kind: str, attributes: Sequence[Any]) -> dict[str, Any]:
    """The attributes that are not as usual: not the dtypes either, that the tensors tell."""
    definition = op_def_registry.get(kind)
    usual = {attr.name: attr for attr in definition.attr} if definition else {}
    found = {}
    for name, value in zip(map(_text, attributes[::2]), map(_text, attributes[1::2]), strict=False):
        if name in usual and "type" not in usual[name].type and isinstance(value, (bool, int, float, str, list)):
            default = usual[name].default_value
            if value not in (_text(default.s) or None, default.b, default.i, default.f) or value == []:
                found[name] = value
    return found


def _argument_names(kind: str, count: int) -> tuple[str, ...]:
    definition = op_def_registry.get(kind)
    names = [argument.name for argument in definition.input_arg] if definition else []
    return tuple(names) if len(names) == count else ()


def _shape(value: Any) -> str:
    return str(tuple(value.shape)).replace(" ", "") if hasattr(value, "shape") else repr(value)[:20]


def _text(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
