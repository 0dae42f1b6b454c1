"""What jobs answer beyond traces, trails and reports: values only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

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
    """Something about a line of typed code.

    Attributes:
        line: its number, from 1.
        severity: "error" if the code does not run with it in today's Keras, "advice" if it does.
        what: in a sentence.
        fix: the change that is proposed, for `explorer.experiment.code_fixes.apply_fixes`; None if there is none.
            Findings of one statement have the same fix.
    """

    line: int
    severity: Literal["error", "advice"]
    what: Message
    fix: Fix | None = None


def no_class(name: str) -> Message:
    """That typed code has no layer of that name."""
    return Message("The code has no layer class “{name}”.", {"name": name})


@dataclass(frozen=True)
class OwnClasses:
    """The layer classes of typed code.

    Attributes:
        cards: of those that can be opened, by id ("own.Blur"), in order of definition.
        first: the id to open first: of the last one that no other uses.
        closed: why the others cannot be opened, by id.
        printed: what executing the code printed.
        findings: what is old or wrong in its lines, in order.
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
        reason = self.closed.get(layer, no_class(layer[:80]))
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


MAX_PICTURE = 200
"""The most cells of a small picture."""


@dataclass(frozen=True, eq=False)
class ModelLayer:
    """A layer of an uploaded model, or the whole model.

    Attributes:
        id: as a card's: "model.dense_1".
        name: its own.
        kind: its class.
        depth: how many models it is in; 0 for the whole model.
        calls: how often the model calls it.
        shapes: of what it gives at its first call there.
        parameters, weights: how many numbers it has learned, in how many weights.
        picture: a few cells of what it gives, (rows, columns); None if it is no numbers.
        given: a few cells of what the whole model is given.
        card: None if it cannot be opened; `closed` then says why.
        facts: the arguments that it was made with.
    """

    id: str
    name: str
    kind: str
    depth: int
    calls: int
    shapes: tuple[tuple[int, ...], ...]
    parameters: int
    weights: int
    picture: np.ndarray | None
    given: np.ndarray | None
    card: Card | None
    closed: Message | None
    facts: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Refuse what a process that had read a stranger's file may have made up.

        Raises:
            ValueError: if a name is more than letters, digits and "_", or a picture is none.
        """
        names = (self.id, self.name) if self.card is None else (self.id, self.name, self.card.id, self.card.title)
        pictures = [one for one in (self.picture, self.given) if one is not None]
        if not all(re.fullmatch(r"[\w.]{1,100}", name) for name in names) or (self.card and self.card.id != self.id):
            raise ValueError(f"not a layer's names: {names!r}"[:200])
        if not all(one.ndim == 2 and one.size <= MAX_PICTURE and np.isfinite(one).all() for one in pictures):
            raise ValueError("not a small picture")


@dataclass(frozen=True, eq=False)
class OpenedModel:
    """An uploaded model.

    Attributes:
        layers: the whole model, and the layers in it, those of a model in it after that model.
        notes: what the reader should know of it.
    """

    layers: tuple[ModelLayer, ...]
    notes: tuple[Message, ...] = ()

    def layer(self, name: str) -> ModelLayer:
        """One of them by its id.

        Raises:
            Problem: if there is none of that id, or it cannot be opened.
        """
        found = next((one for one in self.layers if one.id == name), None)
        if found is None:
            known = ", ".join(one.id for one in self.layers[:12])
            raise Problem("The model has no such layer.", known, name[:80], "layer")
        if found.card is None:
            raise Problem(found.closed or Message("The model has no such layer."), received=name[:80], where="layer")
        return found
