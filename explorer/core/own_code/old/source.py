"""What a rule says of a text: that a place in it is old, and the edits that write it as it is written today."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from explorer.core.source_edits import Edit, Source
from explorer.model.trace import Message
from explorer.registry import Registry


@dataclass(frozen=True)
class Old:
    """Something old that a rule has found.

    Attributes:
        line: where, from 1.
        what: in a sentence, and what is written today.
        edits: that write it so; none if that is for the reader to do.
        severity: as of `CodeFinding`.
    """

    line: int
    what: Message
    edits: tuple[Edit, ...] = ()
    severity: Literal["error", "advice"] = "error"


Rule = Callable[[Source], Iterator[Old]]
RULES: Registry[Rule] = Registry("explorer.core.own_code.old.rules")


def rule(function: Rule) -> Rule:
    """Register a rule: a function that finds one kind of old code in a text."""
    RULES.add(function.__name__, function)
    return function
