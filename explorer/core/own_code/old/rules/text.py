"""Texts that Python cannot read: listings as they were printed, and Python 2."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from explorer.core.own_code.old.source import Old, rule
from explorer.core.source_edits import Edit, Source
from explorer.model.trace import Message

_CLASS = re.compile(r"class\s+\w+.*:\s*(#.*)?$")
_METHOD = re.compile(r"(async\s+)?def\s+\w+\s*\(\s*self\b|@\w")
_PRINT = re.compile(r"^(\s*)print\s+(?![=(])(.+?)\s*$")
_DOTS = re.compile(r"(def\s+\w+\s*\([^)\n]*?)\.\.\.\s*(?=\))")


@rule
def flat_class(source: Source) -> Iterator[Old]:
    """Methods that stand at the left edge, below the class that they belong to."""
    for number, line in source.unread:
        if _CLASS.match(line):
            last = _end_of_flat_class(source, number)
            if last:
                edits = [
                    Edit(at, 0, at, 0, "    ") for at in range(number + 1, last + 1) if source.lines[at - 1].strip()
                ]
                what = Message("What belongs to a class stands further to the right than “class”.")
                yield Old(number, what, tuple(edits))


def _end_of_flat_class(source: Source, number: int) -> int:
    """The last line of the methods that follow a class's first line at the left edge; 0 if there are none."""
    last, inside = 0, False
    for at, line in enumerate(source.lines[number:], number + 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0].isspace():
            if not inside:
                return 0
        else:
            inside = bool(_METHOD.match(line))
            if not inside:
                break
        last = at
    return last


@rule
def dots_in_signature(source: Source) -> Iterator[Old]:
    """`def __init__(self, ...)`, as templates are printed."""
    for number, line in source.unread:
        match = _DOTS.search(line)
        if match:
            edits = [Edit(number, match.end(1), number, match.end(), "**kwargs")]
            edits += _super_of(source, number)
            what = Message("“...” stands for parameters of your own; “**kwargs” takes those of Keras.")
            yield Old(number, what, tuple(edits))


def _super_of(source: Source, number: int) -> list[Edit]:
    """Hand the keywords on in the first call of the parent's constructor below a line."""
    for at, line in enumerate(source.lines[number : number + 6], number + 1):
        match = re.search(r"super\(.*?\)\.__init__\((?=\))", line)
        if match:
            return [Edit(at, match.end(), at, match.end(), "**kwargs")]
    return []


@rule
def print_statement(source: Source) -> Iterator[Old]:
    """`print x`, as in Python 2."""
    for number, line in source.unread:
        match = _PRINT.match(line)
        if match and _is_expression(match[2]):
            what = Message("In Python 3 “print” is a function: it takes brackets.")
            edit = Edit(number, len(match[1]), number, len(line.rstrip()), f"print({match[2]})")
            yield Old(number, what, (edit,))


def _is_expression(text: str) -> bool:
    try:
        ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


@rule
def old_names(source: Source) -> Iterator[Old]:
    """`xrange`, `unicode`, `raw_input` of Python 2."""
    today = {"xrange": "range", "unicode": "str", "basestring": "str", "izip": "zip"}
    for node in source.nodes:
        if isinstance(node, ast.Name) and node.id in today and node.id in source.unknown:
            what = Message("“{old}” is called “{new}” today.", {"old": node.id, "new": today[node.id]})
            yield Old(node.lineno, what, (source.put(node, today[node.id]),))
