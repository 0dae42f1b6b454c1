"""A claim of a source document, and the reader of the files that hold the claims."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from explorer.claims.expectation import Expectation
from explorer.claims.sources import DOCUMENTS
from explorer.experiment import Experiment

VERDICTS: Mapping[str, str] = MappingProxyType(
    {
        "holds": "Still true",
        "changed": "True then, different now",
        "refused": "Raises an error today",
        "silent": "Goes wrong without an error",
        "wrong": "Not true",
    }
)
"""What became of a claim, and the msgid that says so."""

LIVE = ("calls", "life")
"""The panels in which a claim can be tried."""


@dataclass(frozen=True)
class Claim:
    """One thing that a document says.

    Attributes:
        id: a stable slug that begins with the document's number.
        document: one of `DOCUMENTS`.
        title: a few words.
        then: what the document says.
        now: what is true today.
        verdict: a key of `VERDICTS`.
        modern: the form to write today, as Python; "" where there is nothing to write.
        open: an Experiment as JSON that shows it in the product, or `None`.
        expect: what that experiment's numbers must be.
        snippet: a short program that shows it, or "". It imports what it uses.
        prints: texts that the program's output must contain, in this order.
        call: where it can be tried live on a layer: "calls.get_weights" (a call) or "life.build" (a moment), or "".

    Raises:
        ValueError: if a word is not of its set, or there is nothing to open, or nothing to expect of it.
    """

    id: str
    document: str
    title: str
    then: str
    now: str
    verdict: str
    modern: str = ""
    open: Mapping[str, Any] | None = None
    expect: tuple[Expectation, ...] = ()
    snippet: str = ""
    prints: tuple[str, ...] = ()
    call: str = ""

    def __post_init__(self) -> None:
        if self.document not in DOCUMENTS or not self.id.startswith(f"{self.document}-"):
            raise ValueError(f"Claim {self.id!r}: expected a document of {DOCUMENTS}. Received: {self.document!r}")
        if self.verdict not in VERDICTS:
            raise ValueError(f"Claim {self.id!r}: expected a verdict of {tuple(VERDICTS)}. Received: {self.verdict!r}")
        if self.open is None and not self.snippet:
            raise ValueError(f"Claim {self.id!r}: expected an experiment or a snippet. Received: neither")
        if (self.open is None) != (not self.expect) or (not self.snippet) != (not self.prints):
            raise ValueError(f"Claim {self.id!r}: whatever is opened or run needs an expectation, and the reverse")
        if self.call and self.call.partition(".")[0] not in LIVE:
            raise ValueError(f"Claim {self.id!r}: expected a call of {LIVE}. Received: {self.call!r}")

    @property
    def experiment(self) -> Experiment | None:
        """The experiment to open, if there is one.

        Raises:
            explorer.model.problem.Problem: if `open` is not an experiment.
        """
        return None if self.open is None else Experiment.from_json(self.open)


@functools.cache
def claims() -> tuple[Claim, ...]:
    """Every claim, in the order of the documents and of the files.

    Raises:
        ValueError: if two claims share an id, or an entry is not a claim.
    """
    found = tuple(claim for document in DOCUMENTS for claim in read(Path(__file__).with_name(f"{document}.toml")))
    seen: set[str] = set()
    for claim in found:
        if claim.id in seen:
            raise ValueError(f"Two claims share the id {claim.id!r}")
        seen.add(claim.id)
    return found


def read(path: Path) -> tuple[Claim, ...]:
    """The claims of one file; the file's name is their document.

    Raises:
        ValueError: if an entry has an unknown key or lacks a needed one.
    """
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["claim"]
    return tuple(_claim(entry, path.stem) for entry in entries)


def _claim(entry: Mapping[str, Any], document: str) -> Claim:
    values: dict[str, Any] = {
        name: value.strip("\n") if isinstance(value, str) else value for name, value in entry.items()
    }
    values["expect"] = tuple(Expectation.from_json(item) for item in entry.get("expect", ()))
    values["prints"] = tuple(entry.get("prints", ()))
    try:
        return Claim(document=document, **values)
    except TypeError as error:
        raise ValueError(f"Claim {entry.get('id')!r} of {document}.toml: {error}") from error


def texts(claim: Claim) -> list[str]:
    """The msgids of a claim, for the catalogue of translations. Code is not translated."""
    return [claim.title, claim.then, claim.now]
