"""What of a link may become an object: an inner layer by its name, where an argument takes one, and nothing else.

Keras makes an object of any description that it finds in a config, at any depth: a class anywhere in it, a function, a
model. Whoever hands Keras a description from a link lets the link call what it likes. So no description reaches Keras:
those of layers are built here, through their cards, and every other one is refused, whatever the argument's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from explorer.model.problem import Problem, brief
from explorer.model.trace import Message
from layers.card import Field

DESCRIPTION = '{"class_name": "LSTM", "config": {"units": 4}}'
"""How an inner layer is described."""
_WORDS = frozenset(("class_name", "config"))
_OBJECT_WORDS = _WORDS | {"module", "registered_name", "build_config", "compile_config"}
"""By these keys Keras knows a description of an object."""
_TAKES_LAYERS = re.compile(r"(\w+_)?(layer|cell)s?")


def is_layer(value: Any) -> bool:
    """Whether a value describes a layer. Where this is asked, `refuse_objects` has let it through."""
    return isinstance(value, dict) and "class_name" in value


def refuse_objects(spec: Field, value: Any, where: str) -> None:
    """Let numbers, lists and tables of numbers pass, and what the field is for: texts, or descriptions of layers.

    Args:
        spec: a "json" field. It takes layers if it is named for them, and texts in a list if its default has some.
        value: what a link gave.
        where: the part of the experiment, for the Problem.

    Raises:
        Problem: if anything else is in it.
    """
    if isinstance(value, str) and value == spec.default:
        return
    if isinstance(value, str):
        # Where Keras takes a list or a text, the text is often the path of a file to read (`vocabulary`).
        raise Problem(
            Message("“{name}” takes a list or a number here, not a text.", {"name": spec.name}),
            expected="[...]",
            received=brief(value),
            where=where,
        )
    takes_layers = _TAKES_LAYERS.fullmatch(spec.name) is not None
    takes_texts = isinstance(spec.default, list) and any(isinstance(part, str) for part in spec.default)
    for part in _parts(value, takes_layers):
        if isinstance(part, dict) and "class_name" in part and takes_layers:
            raise no_layer(part, where)
        if isinstance(part, dict) or (isinstance(part, str) and not takes_texts):
            raise Problem(
                Message("“{name}” takes no description of an object.", {"name": spec.name}),
                expected=f"[{DESCRIPTION}]" if takes_layers else "1, true, [0.5, 2]",
                received=brief(part),
                where=where,
            )


def no_layer(value: Any, where: str) -> Problem:
    """The Problem of a description of a layer that is not one."""
    return Problem(
        "An inner layer is described by the name of its class and its arguments.", DESCRIPTION, brief(value), where
    )


def _parts(value: Any, takes_layers: bool) -> Iterator[Any]:
    """The single values in lists and tables; a table that might be an object to Keras comes whole."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _parts(item, takes_layers)
    elif isinstance(value, dict):
        if takes_layers and is_layer(value) and _WORDS.issuperset(value):
            return  # its arguments are checked by the inner layer's own card
        if takes_layers or not _OBJECT_WORDS.isdisjoint(value):
            yield value
        else:
            yield from _parts(list(value.values()), takes_layers)
    else:
        yield value
