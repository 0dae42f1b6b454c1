"""What jobs answer beyond traces, trails and reports: values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from explorer.model.fix import Fix
from explorer.model.problem import Problem
from explorer.model.trace import Check, Message, Trace
from layers.card import Card


@dataclass(frozen=True)
class Compared:
    """A run beside its NumPy derivation.

    Attributes:
        check: how far they agree; None where there is no derivation.
    """

    check: Check | None


@dataclass(frozen=True, eq=False)
class Upload:
    """What an uploaded file holds.

    Attributes:
        array: it.
        sha256: its hash, by which recipes name it.
        notes: what the reader should know about how it was read.
    """

    array: np.ndarray
    sha256: str
    notes: tuple[Message, ...] = ()


@dataclass(frozen=True)
class KerasClasses:
    """Keras's own classes.

    Attributes:
        cards: of those that can be opened, by id.
        closed: why the others cannot, by name.
        aliases: other names, and the ids that they stand for.
    """

    cards: Mapping[str, Card]
    closed: Mapping[str, Message]
    aliases: Mapping[str, str]


@dataclass(frozen=True)
class CodeFinding:
    """Something about a line of the reader's code.

    Attributes:
        line: its number, from 1.
        what: in words.
        fix: the change that mends it, where it is mechanical.
    """

    line: int
    what: Message
    fix: Fix | None = None


@dataclass(frozen=True)
class OwnClasses:
    """The layers that a code defines.

    Attributes:
        cards: of those that can be opened, by id, in order of definition.
        first: the id of the one to open first.
        closed: why the others cannot, by id.
        printed: what the code printed while it was read.
        findings: what could be written better.
    """

    cards: Mapping[str, Card]
    first: str
    closed: Mapping[str, Message]
    printed: str = ""
    findings: tuple[CodeFinding, ...] = ()

    def card(self, layer: str) -> Card:
        """The card of one of them.

        Raises:
            Problem: if the code defines no such layer, or it cannot be opened.
        """
        if layer in self.cards:
            return self.cards[layer]
        names = ", ".join(card.title for card in self.cards.values())
        reason = self.closed.get(layer, Message("The code defines no layer “{name}”.", {"name": layer[:80]}))
        raise Problem(reason, expected=names or "-", received=layer[:80], where="layer")


@dataclass(frozen=True, eq=False)
class Opened:
    """A code, and the first look at its layer: one answer, since a process runs one job on a reader's code.

    Attributes:
        classes: the layers that it defines.
        layer: the id of the one that was run.
        trace: what it did; None if it failed: the job "run" tells why.
    """

    classes: OwnClasses
    layer: str
    trace: Trace | None
