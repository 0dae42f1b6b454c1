"""A check is a function with `@check`. It is discovered: any module of `explorer.core.doctor.checks` may hold some."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from explorer.model.counterexample import Counterexample
from explorer.model.fix import Fix, SourceLine
from explorer.model.report import Outcome, Remark
from explorer.model.trace import Message
from explorer.registry import Registry

HUNT = 1
"""The stage of checks that hunt for counterexamples."""
LAST = 2
"""The stage of checks that come after all others: they look at what those came to, or are told after them."""
OTHER_BACKEND = "other_backend"
"""The check that takes another backend of Keras."""


@dataclass(frozen=True)
class Verdict:
    """What a check found; the attributes are those of `explorer.model.report.Finding`."""

    outcome: Outcome
    seen: Message
    mistake: str = ""
    place: SourceLine | None = None
    fix: Fix | None = None
    detail: str = ""
    counterexample: Counterexample | None = None
    remark: Remark = ""


Verdicts = Verdict | list[Verdict]


@dataclass(frozen=True)
class Check:
    """One thing that a correct layer satisfies.

    Attributes:
        id: the function's name.
        title, tried, expected, why: as of `explorer.model.report.Finding`.
        function: examines a `Patient`.
        after: ids of checks that must not have failed, or this one would only repeat their finding.
        stage: when it is made: 0 at first, `HUNT` after those, for hunts take longer, `LAST` when all are made.
        asked: whether it is made only if somebody asks for it.
        reads: ids of checks that are made before it, for it reads what they came to; it does not wait for them.
    """

    id: str
    title: Message
    tried: Message
    expected: Message
    why: Message
    function: Callable[[Any], Verdicts]
    after: tuple[str, ...]
    stage: int
    asked: bool = False
    reads: tuple[str, ...] = ()


class NotApplicable(Exception):
    """The check has nothing to say about this layer.

    Args:
        why: what the finding tells.
        remark: of the finding.
    """

    def __init__(self, why: Message, remark: Remark = "") -> None:
        super().__init__(str(why))
        self.why, self.remark = why, remark


CHECKS: Registry[Check] = Registry("explorer.core.doctor.checks")


def check(
    title: Message,
    tried: Message,
    expected: Message,
    why: Message,
    after: tuple[str, ...] = ("call",),
    stage: int = 0,
    asked: bool = False,
    reads: tuple[str, ...] = (),
) -> Callable[[Callable[[Any], Verdicts]], Callable[[Any], Verdicts]]:
    """Register a function `patient -> Verdict` (or a list of them) as a check under its own name.

    Args:
        title, tried, expected, why, after, stage, asked, reads: as of `Check`.
    """

    def register(function: Callable[[Any], Verdicts]) -> Callable[[Any], Verdicts]:
        name = function.__name__
        CHECKS.add(name, Check(name, title, tried, expected, why, function, after, stage, asked, reads))
        return function

    return register


@functools.cache
def checks(asked: bool = False) -> tuple[Check, ...]:
    """The checks that are made of every layer; each comes after those that it names in `after`.

    Args:
        asked: whether those are among them that are made only if somebody asks for them.
    """
    ordered: dict[str, Check] = {}
    for name, found in CHECKS.all().items():
        if asked or not found.asked:
            ordered.update((one.id, one) for one in _with_those_before(name, ordered, ()))
    return tuple(sorted(ordered.values(), key=lambda found: found.stage))


def chosen(select: Collection[str] = (), backend: str = "") -> tuple[Check, ...]:
    """The checks of an examination, in their order.

    Args:
        select: ids of checks: these, and those that they come after or read; without any, those that are made of
            every layer.
        backend: with another backend, the check that runs the layer on it is among them.
    Raises:
        KeyError: if there is none of such an id.
        ValueError: if a check comes after one of a later stage, or checks come after each other.
    """
    wanted: set[str] = set()
    for name in (*(select or [found.id for found in checks()]), *([OTHER_BACKEND] if backend else [])):
        wanted |= {found.id for found in _with_those_before(name, {}, ())}
    return tuple(found for found in checks(asked=True) if found.id in wanted)


def refuse_unknown(ids: Collection[str]) -> None:
    """Refuse an id that no check has.

    Raises:
        KeyError: if there is one.
    """
    for name in ids:
        if name not in CHECKS.all():
            raise KeyError(name)


def _with_those_before(name: str, known: dict[str, Check], waiting: tuple[str, ...]) -> Iterator[Check]:
    if name in waiting:
        raise ValueError(f"Checks wait for each other: {' <- '.join((*waiting, name))}")
    if name not in known:
        found = CHECKS.all()[name]
        for earlier in (*found.after, *found.reads):
            if CHECKS.all()[earlier].stage > found.stage:
                raise ValueError(f"Check {name!r}: expected checks of no later stage before it. Received: {earlier!r}")
            yield from _with_those_before(earlier, known, (*waiting, name))
        yield found


def passed(seen: Message) -> Verdict:
    """The layer satisfies the check."""
    return Verdict("passed", seen)


def undecided(seen: Message) -> Verdict:
    """The machine kept the check from telling; `seen` says how."""
    return Verdict("undecided", seen)


def by_design(seen: Message, remark: Remark = "") -> Verdict:
    """What was seen follows from what the layer is; `seen` says from what."""
    return Verdict("by design", seen, remark=remark)


def unless_random(patient: Any, apart: str) -> Verdict | None:
    """By design, if two calls on the same input differ, too; None if they do not, so that a difference is a fault.

    Args:
        patient: the layer under examination.
        apart: what differs, in a few words.
    """
    if not patient.random_at_inference:
        return None
    return by_design(
        Message(
            "They differ ({apart}) as any two calls do: it draws random numbers, or goes on from a state.",
            {"apart": apart},
        )
    )


def failed(seen: Message, mistake: str = "", **facts: Any) -> Verdict:
    """The layer does not satisfy the check."""
    return Verdict("failed", seen, mistake, **facts)


def advice(seen: Message, mistake: str = "", **facts: Any) -> Verdict:
    """Nothing is wrong yet."""
    return Verdict("advice", seen, mistake, **facts)
