"""How many of the recorded steps are explained, and how many of these falsely: the catalogue's, and Keras's layers'."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest
from catalogue_runs import examples
from single_step import check
from truth import lies

from explorer.arithmetic import explain
from explorer.arithmetic.case import Place, atlas
from explorer.core.catalog.derive import derived_cards
from explorer.core.run import run
from explorer.experiment import Experiment
from explorer.model.trace import Trace

FLOOR = 0.99
"""Of all steps of Keras's layers in both training modes. Of the catalogue's steps every one is explained."""
CELLS = 2
FIGURES = Path(__file__).parents[3] / "docs" / "figures.md"


@pytest.fixture(scope="module")
def catalogue() -> dict[str, Trace]:
    return {name: run(experiment) for name, experiment in examples()}


@pytest.fixture(scope="module")
def keras_layers() -> dict[str, Trace]:
    return {
        f"{name} {training}": run(Experiment(name, training=training))
        for name in derived_cards()
        for training in (False, True)
    }


def steps(trace: Trace) -> Iterator[Place]:
    for place in atlas(trace).places.values():
        if place.step is not None and place.tensor.value.size:
            yield place


def counted(traces: dict[str, Trace]) -> tuple[Counter[str], Counter[str], list[str]]:
    """Explained and unexplained tensors by operation, and what is printed and not true, of a sample of cells."""
    known: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    told: list[str] = []
    random = np.random.default_rng(0)
    for name, trace in traces.items():
        for place in steps(trace):
            for _ in range(CELLS):
                cell = tuple(int(i) for i in random.integers(0, place.tensor.value.shape))
                found = explain(trace, place.tensor.id, cell)
                (known if found.explained else unknown)[found.operation] += 1
                if found.explained:
                    check(found, trace)
                    told += [f"{name}, {place.tensor.id}{list(cell)}: {lie}" for lie in lies(found, trace)]
    return known, unknown, told


def table(
    title: str, known: Counter[str], unknown: Counter[str], told: list[str], capsys: pytest.CaptureFixture[str]
) -> float:
    """Print and give the share, for docs/figures.md. Nothing that is printed is false."""
    share = known.total() / (known.total() + unknown.total())
    with capsys.disabled():
        print(f"\n{title}: {known.total()} of {known.total() + unknown.total()} cells explained, {share:.1%}")
        print(f"  {len(told)} lies among what is printed")
        for operation, count in unknown.most_common():
            print(f"  not explained: {count:4d}  {operation or '(a name)'}")
    assert not told, told[:5]
    return share


def stated(share: float) -> bool:
    """Whether docs/figures.md states that share."""
    return f"{100 * share:.1f} %".replace(".0 %", " %") in FIGURES.read_text(encoding="utf-8")


def test_every_step_of_the_catalogue(catalogue: dict[str, Trace], capsys: pytest.CaptureFixture[str]) -> None:
    assert table("catalogue", *counted(catalogue), capsys) == 1 and stated(1)
    for name, trace in catalogue.items():
        for place in steps(trace):
            found = explain(trace, place.tensor.id, (0,) * place.tensor.value.ndim)
            assert found.explained, (name, place.step, found.notes)


def test_the_share_of_keras_layers(keras_layers: dict[str, Trace], capsys: pytest.CaptureFixture[str]) -> None:
    assert len(keras_layers) > 200
    share = table("keras.layers", *counted(keras_layers), capsys)
    assert share >= FLOOR and stated(share)


def test_outputs_lead_to_the_step_that_gave_them(catalogue: dict[str, Trace]) -> None:
    for name, trace in catalogue.items():
        for output in trace.outputs:
            if output.value.size and trace.frames:
                found = explain(trace, output.id, (0,) * output.value.ndim)
                assert found.form == "same number from", name
                (term,) = found.terms
                assert output.value[found.index] == pytest.approx(term.factors[0].value, nan_ok=True)
