"""Values that a reader types into a text field, and values as text to type over."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from explorer.experiment.untrusted import MAX_TEXT
from explorer.model.problem import Problem


def as_typed(value: Any) -> Any:
    """A number as somebody would type it: nine digits; "nan", "inf" and "-inf" are words."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return float(f"{value:.9g}") if isinstance(value, float) else value


def parse_values(text: str, where: str, words: bool = False) -> list[Any]:
    """Typed values: numbers with spaces, commas or line breaks; words stay words where the input takes text.

    Raises:
        Problem: naming the first thing that is not a number.
    """
    if len(text) > MAX_TEXT:
        raise Problem("That is more text than can be typed here.", f"<= {MAX_TEXT:,}", f"{len(text):,}", where)
    if words:
        return [line.strip() for line in text.splitlines() if line.strip()] or [""]
    values: list[Any] = []
    for word in text.replace(",", " ").replace("[", " ").replace("]", " ").replace(";", " ").split():
        if word.lower() in ("nan", "inf", "+inf", "-inf"):
            values.append(word.lower().lstrip("+"))
            continue
        try:
            number = float(word)
        except ValueError as error:
            raise Problem("That is not a number.", expected="1 2.5 nan", received=word[:40], where=where) from error
        values.append(int(number) if math.isfinite(number) and number.is_integer() and "." not in word else number)
    if not values:
        raise Problem("Type at least one value.", expected="1 2 3", received=repr(text[:40]), where=where)
    return values


def format_values(values: Any, shape: tuple[int, ...]) -> str:
    """Values as text, one row of the last axis a line."""
    flat = [str(value) for value in np.array(values, dtype=object).ravel()]
    width = shape[-1] if shape and shape[-1] > 0 else len(flat) or 1
    return "\n".join(" ".join(flat[i : i + width]) for i in range(0, len(flat), width))
