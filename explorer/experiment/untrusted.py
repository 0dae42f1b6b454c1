"""What comes from outside (a link, a file, a text field) as plain values of bounded size.

Whatever is read from a link and whatever an Experiment holds passes `plain`: after it, a value can be written as JSON,
sent to the browser and to a worker, and walked through in milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from explorer.model.problem import Problem, brief
from explorer.model.trace import Message

MAX_TEXT = 1_000_000
"""The most characters of JSON that are read, and of texts that a value may hold."""
MAX_VALUES = 100_000
"""How many numbers, texts, lists and objects one value may hold."""
MAX_DEPTH = 32
"""How deep lists and objects may lie in one another."""
MAX_INTEGER = 2**64
"""Whole numbers stay below: no dtype has larger ones."""


def parsed(text: str | bytes, where: str = "") -> Any:
    """The plain value that a JSON text spells.

    Raises:
        ValueError: if it spells none.
        Problem: if it is larger than `plain` allows.
    """
    if len(text) > MAX_TEXT:
        raise _too_large(f"<= {MAX_TEXT:,}", f"{len(text):,}", where)
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise _too_deep("JSON", where) from error
    return plain(value, where)


def plain(value: Any, where: str = "") -> Any:
    """A copy whose numbers JSON has words for: those that are not finite become "nan", "inf" and "-inf".

    Args:
        value: numbers, texts, lists and mappings in one another. Other objects are left to whoever takes them.
        where: the part that it belongs to, for messages.
    Raises:
        Problem: if it is nested too deeply, holds too much, a number beyond every dtype, or half a character.
    """
    return _Copy(where).of(value, 0)


class _Copy:
    """One walk through a value, which counts what it has seen."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._values = 0
        self._text = 0

    def of(self, value: Any, depth: int) -> Any:
        self._values += 1
        if self._values > MAX_VALUES:
            raise _too_large(f"<= {MAX_VALUES:,}", f"> {MAX_VALUES:,}", self._where)
        if depth > MAX_DEPTH:
            raise _too_deep(f"> {MAX_DEPTH}", self._where)
        if isinstance(value, Mapping):
            return {self._string(str(name)): self.of(item, depth + 1) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.of(item, depth + 1) for item in value]
        if isinstance(value, str):
            return self._string(value)
        return self._number(value)

    def _string(self, text: str) -> str:
        self._text += len(text)
        if self._text > MAX_TEXT:
            raise _too_large(f"<= {MAX_TEXT:,}", f"> {MAX_TEXT:,}", self._where)
        if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
            raise Problem("A text holds half a character, which no text may.", "UTF-8", ascii(text)[:80], self._where)
        return text

    def _number(self, value: Any) -> Any:
        if isinstance(value, float) and value != value:
            return "nan"
        if isinstance(value, float) and value in (float("inf"), float("-inf")):
            return "inf" if value > 0 else "-inf"
        if isinstance(value, int) and abs(value) >= MAX_INTEGER:
            raise Problem("A whole number is too large for every dtype.", "-2^64 < n < 2^64", brief(value), self._where)
        return value


def _too_large(expected: str, received: str, where: str) -> Problem:
    what = Message("That is more than one part of an experiment may hold.")
    return Problem(what, expected=expected, received=received, where=where)


def _too_deep(received: str, where: str) -> Problem:
    what = Message("Lists and objects are nested too deeply.")
    return Problem(what, expected=f"<= {MAX_DEPTH}", received=received, where=where)
