"""What is shown of a healthy layer is true: its trace, its weights, the doctor's verdict, and every explanation."""

from __future__ import annotations

import os
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest

from explorer.arithmetic import explain
from explorer.core import examine
from explorer.model.report import Report
from explorer.model.trace import Tensor, Trace
from tests.healthy.case import Healthy
from tests.healthy.corpus import corpus
from tests.healthy.recomputed import faults, tensors_of
from tests.healthy.runs import apart, arrays, fresh, grown, numbers, plain, takes_training, traced, weights_of

CORPUS = corpus()
CELLS = 2
"""So many cells of every step are explained."""
SHARE = 0.95

REPORTS: dict[Any, Report] = {}

each = pytest.mark.parametrize("name", CORPUS)


@dataclass
class Row:
    """What was seen of one layer; a text for every fault."""

    name: str
    trace: list[str] = field(default_factory=list)
    weights: list[str] = field(default_factory=list)
    doctor: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    explained: Counter[str] = field(default_factory=Counter)
    unexplained: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)
    compiled: Counter[str] = field(default_factory=Counter)

    @property
    def share(self) -> float:
        """Explained cells of all that were asked for; 0 if there was none to ask for."""
        total = self.explained.total() + self.unexplained.total()
        return self.explained.total() / total if total else 0.0


def guarded(look: Callable[[Healthy, Row], list[str]], case: Healthy, row: Row) -> list[str]:
    """The faults that were found; an exception is one."""
    try:
        return look(case, row)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        lines = str(error).strip().splitlines() or [""]
        return [f"{type(error).__name__}: {' '.join(lines)[:300]} ({place.name}, line {place.lineno})"]


MADE: dict[str, Row] = {}
"""The rows that some test has asked for."""


@cache
def row(name: str) -> Row:
    """All looks at one layer, made once."""
    case = CORPUS[name]
    found = MADE[name] = Row(name)
    found.trace = guarded(trace_faults, case, found)
    found.weights = guarded(weight_faults, case, found)
    found.numbers = guarded(number_faults, case, found)
    found.doctor = guarded(doctor_faults, case, found)
    return found


def bits(values: list[Any]) -> list[tuple[str, tuple[int, ...], bytes]]:
    return [(str(a.dtype), a.shape, a.tobytes()) for a in map(np.asarray, values)]


def trace_faults(case: Healthy, _: Row) -> list[str]:
    """A traced call against the plain one, from the same state: a first call, and one of a layer that was used."""
    found = []
    for start in (fresh, grown):
        for training in {case.training, *((True, False) if takes_training(case.make()) else ())}:
            one = start(case)
            trace = traced(one, case, training)
            other = start(case)
            outputs = arrays(plain(other, case, training))
            when = f"{start.__name__}, training={training}"
            if bits([t.value for t in trace.outputs]) != bits(outputs):
                found.append(f"{when}: other output")
            if bits(one.variables) != bits(other.variables):
                found.append(f"{when}: other variables afterwards")
            if bits(one.losses) != bits(other.losses):
                found.append(f"{when}: other losses")
            if not any(step.values for frame in trace.frames for step in frame.steps):
                found.append(f"{when}: no step; {'; '.join(map(str, trace.notes))}")
    return found


def weight_faults(case: Healthy, _: Row) -> list[str]:
    """All weights by name, with their values from before the call; of a first call, those that it made, too."""
    found = []
    for start in (fresh, grown):
        twin = start(case)
        if start is fresh:
            plain(twin, case, False)  # at inference no weight of the corpus is written to
        expected = {f"weight:{name}": np.asarray(v) for name, v in weights_of(twin).items()}
        recorded = {t.id: t for t in traced(start(case), case).weights}
        if missing := expected.keys() - recorded.keys():
            found.append(f"{start.__name__}: missing {', '.join(sorted(missing))}")
        if more := recorded.keys() - expected.keys():
            found.append(f"{start.__name__}: unknown {', '.join(sorted(more))}")
        for name in expected.keys() & recorded.keys():
            if not np.array_equal(expected[name], recorded[name].value):
                found.append(f"{start.__name__}: {name} is not as it was before the call")
    return found


def number_faults(case: Healthy, row: Row) -> list[str]:
    """The recorded output against the derivation, and a sample of cells of every step against float64."""
    layer = grown(case)
    before = numbers(layer)
    trace = traced(layer, case)
    expected = keras.tree.flatten(case.reference(before, *case.inputs, **case.keywords))
    found = []
    if apart([t.value for t in trace.outputs], expected) > case.tolerance:
        found.append("the recorded output is not the derivation's")
    tensors = tensors_of(trace)
    asked = [t for name, t in tensors.items() if name.startswith("step:") and t.value.size]
    random = np.random.default_rng(0)
    for tensor in [*asked, *trace.outputs]:
        for _ in range(CELLS):
            cell = tuple(int(i) for i in random.integers(0, tensor.value.shape))
            found += cell_faults(trace, tensors, tensor, cell, row)
    return list(dict.fromkeys(found))


def cell_faults(trace: Trace, tensors: dict[str, Tensor], tensor: Tensor, cell: tuple[int, ...], row: Row) -> list[str]:
    """What is wrong with one explanation. Outputs count as steps: a reader begins there."""
    operation = operations(trace).get(tensor.id, "output")
    try:
        told = explain(trace, tensor.id, cell, shown=None)
        wrong = faults(told, tensors, tensor, cell, row.unread)
    except Exception as error:
        row.unexplained[operation] += 1
        return [f"{operation} raised {type(error).__name__}: {error}"]
    if operation in CORPUS[row.name].compiled:
        row.compiled[operation] += 1
        return wrong if "has compiled it" in " ".join(map(str, told.notes)) else [f"{operation}: not told"]
    (row.explained if told.explained else row.unexplained)[operation] += 1
    return [f"{operation}: {text}" for text in wrong]


@cache
def operations(trace: Trace) -> dict[str, str]:
    """The operation of every step by the ids of what it gave."""
    from tests.healthy.recomputed import frames_of

    steps = [step for frame in frames_of(trace.frames) for step in frame.steps]
    return {tensor.id: step.operation or "(a name)" for step in steps for tensor in step.values}


def doctor_faults(case: Healthy, _: Row) -> list[str]:
    """Healthy, with the advice and the flaws that are stated beside the layer and no other."""
    report = examined(case)
    due = {"advice": case.advice, "failed": case.flaws, "broken": {}}
    found = []
    for outcome, stated in due.items():
        told = [f for f in report.findings if f.outcome == outcome]
        wrong = [f for f in told if f.check not in stated]
        found += [f"{f.check} ({outcome}): {f.seen} {' '.join(f.detail.split())[:160]}".strip() for f in wrong]
        found += [
            f"{check}: the {outcome} finding is missing" for check in stated if check not in {f.check for f in told}
        ]
    return found if found or report.healthy == (not case.flaws) else ["the verdict is not that of its findings"]


def examined(case: Healthy) -> Report:
    """One examination for all cases of the same layer, shapes and keywords: the doctor chooses masks itself."""
    shapes = tuple(array.shape for array in keras.tree.flatten(list(case.inputs)))
    key = (case.make, shapes, tuple(case.keywords))
    if key not in REPORTS:
        keras.utils.set_random_seed(1)
        REPORTS[key] = examine(case.make(), list(case.inputs), case.keywords)
    return REPORTS[key]


@each
def test_traced_is_plain(name: str) -> None:
    assert row(name).trace == []


@each
def test_the_weights_are_complete(name: str) -> None:
    assert row(name).weights == []


@each
def test_the_doctor_finds_nothing(name: str) -> None:
    assert row(name).doctor == []


@each
def test_the_numbers_are_right(name: str) -> None:
    assert row(name).numbers == []


@each
def test_the_steps_are_explained(name: str) -> None:
    assert row(name).share >= SHARE, dict(row(name).unexplained)


@pytest.fixture(scope="module", autouse=True)
def table(pytestconfig: pytest.Config) -> Iterator[None]:
    """Prints at the end what was seen, whichever tests came first and whichever were left out."""
    yield
    rows = [MADE[name] for name in CORPUS if name in MADE]
    if not any(one.explained or one.unexplained for one in rows):
        return
    with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\n{'layer':30}{'traced':>8}{'weights':>9}{'doctor':>8}{'numbers':>9}{'cells':>7}{'explained':>11}")
        for one in rows:
            marks = ["ok" if not faults else str(len(faults)) for faults in (one.trace, one.weights)]
            marks += ["ok" if not faults else str(len(faults)) for faults in (one.doctor, one.numbers)]
            asked = one.explained.total() + one.unexplained.total()
            print(f"{one.name:30}{marks[0]:>8}{marks[1]:>9}{marks[2]:>8}{marks[3]:>9}{asked:7}{one.share:11.1%}")
        known, unknown = sum((r.explained for r in rows), Counter()), sum((r.unexplained for r in rows), Counter())
        print(f"{len(rows)} layers, {known.total() + unknown.total()} cells, ", end="")
        print(f"{known.total() / (known.total() + unknown.total()):.1%} explained")
        for operation, count in unknown.most_common():
            print(f"  not explained: {count:4d}  {operation}")
        for operation, count in sum((r.compiled for r in rows), Counter()).most_common():
            print(f"  compiled, with no lines to explain: {count:4d}  {operation}")
        for formula, count in sum((r.unread for r in rows), Counter()).most_common():
            print(f"  not computed again, for it is in words: {count:4d}  {formula}")


def test_the_corpus_is_large() -> None:
    assert len(CORPUS) >= 40
