"""The rules, discovered: every marked function in the modules of `raised` and of `silent`."""

from __future__ import annotations

import functools
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from explorer.core.mistakes.diagnosis import Diagnosis
from explorer.core.mistakes.evidence import Evidence
from explorer.core.mistakes.reading import Reading

Explain = Callable[[Evidence, re.Match[str]], Diagnosis | None]
Suspect = Callable[[Reading], Iterator[Diagnosis]]


def raised(*patterns: str) -> Callable[[Explain], Explain]:
    """Mark a function that explains errors whose text matches one of the patterns. It may decline with None."""

    def mark(explain: Explain) -> Explain:
        vars(explain)["patterns"] = [re.compile(pattern, re.DOTALL) for pattern in patterns]
        return explain

    return mark


def silent(suspect: Suspect) -> Suspect:
    """Mark a function that finds one kind of mistake in a class's source."""
    vars(suspect)["silent"] = True
    return suspect


@functools.cache
def raised_rules() -> tuple[tuple[re.Pattern[str], Explain], ...]:
    """Every pattern with its function, module by module in the order of their names."""
    from explorer.core.mistakes import raised as package

    return tuple((pattern, rule) for rule in _marked(package, "patterns") for pattern in vars(rule)["patterns"])


@functools.cache
def silent_rules() -> tuple[Suspect, ...]:
    """Every function that reads a class."""
    from explorer.core.mistakes import silent as package

    return tuple(_marked(package, "silent"))


def _marked(package: ModuleType, mark: str) -> Iterator[Any]:
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        for value in vars(module).values():
            if callable(value) and mark in getattr(value, "__dict__", {}) and value.__module__ == module.__name__:
                yield value
