"""Every layer that opens, examined: healthy, or explained by its properties; how long it took."""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import pytest

import layers
from explorer.core.derive import derived_cards
from explorer.core.doctor import examine
from explorer.core.run import arrange, prepare
from explorer.experiment import Experiment
from explorer.report import Finding, Report

OURS = tuple(name for name, card in layers.catalogue().items() if not card.symbolic)
KERAS = tuple(name for name in derived_cards() if name not in OURS)
TELLING = ("failed", "broken", "advice", "by design")


@dataclass(frozen=True)
class Row:
    """One examination and the processor's seconds that it took."""

    report: Report
    seconds: float


def row(name: str) -> Row:
    card, layer, arrays = prepare(Experiment(name))
    arguments, keywords = arrange(card, arrays, "float32")
    began = time.process_time()
    report = examine(layer, arguments, keywords)
    return Row(report, time.process_time() - began)


def made_again(layer: Any, array: Any) -> None:
    type(layer).from_config(layer.get_config())


def in_a_model(layer: Any, array: Any) -> None:
    symbol = keras.Input(array.shape[1:])
    keras.Model(symbol, layer(symbol))


def writes_its_arguments(layer: Any, array: Any) -> None:
    """Of Keras 3.15, CategoryEncoding forgets `sparse`, and RandomGrayscale its seed."""
    taken = set(inspect.signature(type(layer).__init__).parameters) - {"self", "kwargs"}
    assert taken <= set(layer.get_config())


PLAIN: Mapping[str, Callable[[Any, Any], None]] = {
    "remade": made_again,
    "keras_file": in_a_model,
    "config_complete": writes_its_arguments,
}
"""What a check says of one of Keras's own layers is no false alarm if plain Keras, without the doctor, fails alike."""


def is_true(finding: Finding, name: str) -> bool:
    """Whether a defect that was found is there without the doctor."""
    _, layer, arrays = prepare(Experiment(name))
    if not name.startswith("keras.") or finding.check not in PLAIN:
        return False
    try:
        PLAIN[finding.check](layer, arrays[0])
    except Exception:
        return True
    return False


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    return {name: row(name) for name in (*OURS, *KERAS)}


def test_the_table(rows: dict[str, Row], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{'layer':44}{'seconds':>8}{'passed':>7}{'n/a':>5}  findings")
        for name, one in rows.items():
            counts = one.report.counts()
            told = [
                f"{f.check} ({'failed, and plain Keras fails alike' if f.outcome == 'failed' else f.outcome}): {f.seen}"
                for f in one.report.findings
                if f.outcome in TELLING
            ]
            title = name.removeprefix("keras.layers.")
            print(f"{title:44}{one.seconds:8.2f}{counts['passed']:7}{counts['not applicable']:5}  {'; '.join(told)}")
        findings = [f for one in rows.values() for f in one.report.findings]
        total = sum(one.seconds for one in rows.values())
        print(f"{len(rows)} layers, {len(findings)} findings, {total:.0f} s of processor time: ", end="")
        print(", ".join(f"{sum(f.outcome == o for f in findings)} {o}" for o in (*TELLING, "not applicable", "passed")))
    assert len(rows) > 140


@pytest.mark.parametrize("name", [*OURS, *KERAS])
def test_no_finding_is_unexplained(rows: dict[str, Row], name: str) -> None:
    report = rows[name].report
    told = [f for f in report.findings if f.outcome in ("failed", "broken", "advice")]
    unexplained = [f"{f.check}: {f.seen} {f.detail}" for f in told if not is_true(f, name)]
    assert unexplained == [] and report.complete
    assert report.healthy == (not told)


def test_an_examination_is_quick(rows: dict[str, Row]) -> None:
    """Generous bounds, for a busy machine; `benchmarks/measures/examine.py` has the figures."""
    seconds = sorted(one.seconds for one in rows.values())
    assert seconds[len(seconds) // 2] < 2
