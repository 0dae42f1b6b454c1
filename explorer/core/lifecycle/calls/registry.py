"""Registers the calls: a function decorated with `@call` is one."""

from __future__ import annotations

import ast
import functools
import inspect
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from explorer.model.lifecycle import GROUPS, Call, Table
from explorer.model.trace import Message
from explorer.registry import Registry

Scope = Mapping[str, Any]
"""The names of a call's code with their values, after it ran; "_" is what it gave."""
LAYER, BUILT_WITH_WEIGHTS, NOTHING = "layer", "weights", "nothing"


@dataclass(frozen=True)
class Entry:
    """One call that exists.

    Attributes:
        call: what is told about it; its code still has gaps.
        takes: the names that its code is given: "layer", "unbuilt", "inputs", "symbols", "given" and so on.
        needs: "layer", "weights" (a layer that has some), or "nothing".
        draw: makes a drawing of what the code left behind.
        tabulate: makes a table of it.
        file: the file that the code makes.
    """

    call: Call
    takes: tuple[str, ...]
    needs: str
    draw: Callable[[Scope], str] | None
    tabulate: Callable[[Scope], Table] | None
    file: str


ENTRIES: Registry[Entry] = Registry("explorer.core.lifecycle.calls")
_TYPES = r": (?:Any|list\[str\])(?=[,)= ])| -> (?:Any|None)(?=:)"
"""Annotations that a checker wants and nobody types."""


def call(
    group: str,
    title: Message,
    lesson: Message | None = None,
    *,
    modern: str = "",
    asks: str = "",
    needs: str = LAYER,
    draw: Callable[[Scope], str] | None = None,
    tabulate: Callable[[Scope], Table] | None = None,
    file: str = "",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function's body a call that a reader can run.

    Args:
        group: a key of `explorer.model.lifecycle.GROUPS`.
        title, lesson, modern, asks: see `Call`.
        needs, draw, tabulate, file: see `Entry`.
    Raises:
        ValueError: if the group is unknown or another call has the name.
    """
    if group not in GROUPS:
        raise ValueError(f"Expected a group of {tuple(GROUPS)}. Received: {group!r}")

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        name = function.__name__
        takes = tuple(inspect.signature(function).parameters)
        told = Call(name, group, title, lesson or Message(""), body(function), modern, asks)
        needed = NOTHING if needs == LAYER and not takes else needs
        ENTRIES.add(name, Entry(told, takes, needed, draw, tabulate, file))
        return function

    return register


@functools.cache
def entries() -> Mapping[str, Entry]:
    """Every call by its name, in the order of the groups."""
    order = list(GROUPS)
    return dict(sorted(ENTRIES.all().items(), key=lambda item: order.index(item[1].call.group)))


def body(function: Callable[..., Any]) -> str:
    """The text of a function's body; its last line is an expression in place of a `return`."""
    source = textwrap.dedent(inspect.getsource(function))
    (node,) = ast.parse(source).body
    assert isinstance(node, ast.FunctionDef)
    statements = node.body[1:] if ast.get_docstring(node) is not None else node.body
    first = min([statements[0].lineno, *(one.lineno for one in getattr(statements[0], "decorator_list", ()))])
    lines = source.splitlines()[first - 1 :]
    text = textwrap.dedent("\n".join(lines)).rstrip()
    last = text.splitlines()
    place = statements[-1].lineno - first
    last[place] = last[place].removeprefix("return ")
    return re.sub(_TYPES, "", "\n".join(last).replace(": Any = ", "="))
