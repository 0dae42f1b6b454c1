"""The rules: every function in the modules of `raised` and of `silent` that is decorated with one of these names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from explorer.core.mistakes.diagnosis import Diagnosis
from explorer.core.mistakes.evidence import Evidence
from explorer.core.mistakes.reading import Reading
from explorer.registry import Registry

Explain = Callable[[Evidence, re.Match[str]], Diagnosis | None]
Suspect = Callable[[Reading], Iterator[Diagnosis]]
RAISED: Registry[tuple[tuple[re.Pattern[str], ...], Explain]] = Registry("explorer.core.mistakes.raised")
SILENT: Registry[Suspect] = Registry("explorer.core.mistakes.silent")


def raised(*patterns: str) -> Callable[[Explain], Explain]:
    """Register a function that explains errors whose text matches one of the patterns. It may decline with None."""

    def register(explain: Explain) -> Explain:
        RAISED.add(explain.__name__, (tuple(re.compile(pattern, re.DOTALL) for pattern in patterns), explain))
        return explain

    return register


def silent(suspect: Suspect) -> Suspect:
    """Register a function that finds one kind of mistake in a class's source."""
    SILENT.add(suspect.__name__, suspect)
    return suspect


def raised_rules() -> Iterator[tuple[re.Pattern[str], Explain]]:
    """Every pattern with its function, module by module in the order of their names."""
    return ((pattern, explain) for patterns, explain in RAISED.all().values() for pattern in patterns)
