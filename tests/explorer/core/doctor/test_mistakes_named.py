"""Every variation of every typical mistake, examined: the doctor names it, and what else it names is counted."""

from __future__ import annotations

import functools
import os
from collections import Counter
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest

from explorer.core.doctor import examine
from explorer.model.report import Report
from tests.mistakes import cases
from tests.mistakes.case import Case
from tests.mistakes.provoke import example, made

CASES = {case.name: case for case in cases()}
ASIDE = ("unregistered_class", "constructor_without_kwargs")
"""True of nearly every short layer: it is not registered, and its constructor hands nothing on."""


class Caller:
    """Stands in for a layer, and notes how it is called."""

    inputs: tuple[Any, ...]
    keywords: dict[str, Any]

    def __call__(self, *inputs: Any, **keywords: Any) -> Caller:
        self.inputs, self.keywords = inputs, keywords
        return self


def arguments_of(case: Case) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What the case calls its layer with; of a feed that does more than call it, the plain input."""
    caller, x = Caller(), example(case)
    try:
        (case.feed or (lambda layer, value: layer(value)))(caller, x)
    except Exception:
        return (x,), {}
    return caller.inputs, caller.keywords


def examined(case: Case) -> Report:
    inputs, keywords = arguments_of(case)
    try:
        return examine(made(case), inputs, keywords)
    except Exception:  # it cannot be made: the doctor is given what should make it
        values = {name: value() if isinstance(value, type) else value for name, value in case.arguments.items()}
        return examine(functools.partial(case.layer_class, **values), inputs, keywords)


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    return {name: examined(case) for name, case in CASES.items()}


def test_the_confusion_table(reports: dict[str, Report], capsys: pytest.CaptureFixture[str]) -> None:
    named: dict[str, Counter[str]] = {}
    for name, report in reports.items():
        row = named.setdefault(CASES[name].mistake, Counter())
        row["(variations)"] += 1
        row["(none)"] += not set(report.mistakes) - set(ASIDE)
        row.update(mistake for mistake in report.mistakes if mistake not in ASIDE or mistake == CASES[name].mistake)
    with capsys.disabled():
        print(f"\n{'mistake':32}{'of':>4}{'named':>7}  named beside it")
        for mistake, row in sorted(named.items()):
            beside = {other: count for other, count in row.items() if other not in (mistake, "(variations)") and count}
            also = ", ".join(f"{other} {count}" for other, count in beside.items())
            print(f"{mistake:32}{row['(variations)']:4}{row[mistake]:7}  {also}")
        right = sum(row[mistake] for mistake, row in named.items())
        print(f"{len(named)} mistakes, {len(reports)} variations, {right} named")
    assert len(named) >= 30 and len(reports) >= 90


@pytest.mark.parametrize("name", CASES)
def test_the_mistake_is_named(reports: dict[str, Report], name: str) -> None:
    report = reports[name]
    told = [(f.check, f.outcome, f.mistake, str(f.seen)) for f in report.findings if f.mistake]
    assert CASES[name].mistake in report.mistakes, told


@pytest.mark.parametrize("name", CASES)
def test_no_check_breaks_on_it(reports: dict[str, Report], name: str) -> None:
    assert [(f.check, f.detail) for f in reports[name].findings if f.outcome == "broken"] == []
