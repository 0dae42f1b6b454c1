"""What a measure promises and what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from explorer.registry import Registry

UNITS = ("x", "ms", "s", "MiB", "messages")


@dataclass(frozen=True)
class Goal:
    """What is to be reached.

    Attributes:
        what: the figure's name: what is measured.
        limit: the number to keep.
        unit: of `limit`, one of `UNITS`: "x" for a ratio.
        at_least: whether the figure must reach `limit`; otherwise it must not exceed it.
    """

    what: str
    limit: float
    unit: str
    at_least: bool = False

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(f"Expected a unit of {', '.join(UNITS)}. Received: {self.unit!r}")

    def met_by(self, value: float) -> bool:
        """Whether a value reaches the goal; one that is not a number does not."""
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Attributes:
        goal: what it is compared with.
        value: the number, in the goal's unit.
        measured: what was seen, in words: "83 ms (p95 97)".
        against: what it is a ratio to, measured in the same run; empty where the goal is absolute.
    """

    goal: Goal
    value: float
    measured: str
    against: str = ""

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        return self.goal.met_by(self.value)


@dataclass(frozen=True)
class Measure:
    """A benchmark: one file of `benchmarks.measures` registers one.

    Attributes:
        name: what to call it on the command line.
        order: measures run and are printed in this order.
        goals: every goal that `run` yields a figure for.
        run: does the measuring.
    """

    name: str
    order: int
    goals: Sequence[Goal]
    run: Callable[[], Iterator[Figure]]


MEASURES: Registry[Measure] = Registry("benchmarks.measures")


def measure(name: str, order: int, goals: Sequence[Goal], run: Callable[[], Iterator[Figure]]) -> None:
    """Register a measure. The attributes are those of a `Measure`."""
    MEASURES.add(name, Measure(name, order, goals, run))


def measures() -> dict[str, Measure]:
    """Every measure by its name, in the order in which they run."""
    return {one.name: one for one in sorted(MEASURES.all().values(), key=lambda one: (one.order, one.name))}
