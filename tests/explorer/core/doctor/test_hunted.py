"""The hunts: each ill layer is named by the right check with the smallest inputs, its cure is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest

from explorer.command.printing import printed
from explorer.core.doctor import examine
from explorer.core.doctor.hunting.case import Case
from explorer.core.doctor.hunting.shrink import shrunk
from explorer.engine import codec
from explorer.engine.transport import wire
from explorer.experiment import Experiment
from explorer.experiment.counterexamples import opened
from explorer.export.counterexample import pytest_file
from explorer.model.report import Finding, Report
from tests.explorer.core.doctor.hunted import PAIRS, Pair

ROOT = Path(__file__).parents[4]

TOLD = ("failed", "advice", "broken")
each = pytest.mark.parametrize("pair", PAIRS, ids=[one.ill.__qualname__.partition(".")[0] for one in PAIRS])
REPORTS: dict[Any, Report] = {}


def report_on(layer_class: Any, pair: Pair) -> Report:
    if layer_class not in REPORTS:
        REPORTS[layer_class] = examine(layer_class, list(pair.inputs), select=(pair.check,))
    return REPORTS[layer_class]


def told(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.outcome in TOLD]


@each
def test_the_ill_one_is_named_and_nothing_else_is(pair: Pair) -> None:
    (found,) = told(report_on(pair.ill, pair))
    assert (found.check, found.mistake) == (pair.check, pair.mistake), found
    assert found.outcome in ("failed", "advice")
    assert found.place is not None and pair.line in found.place.text, found.place
    written = Path(found.place.file).read_text(encoding="utf-8").splitlines()
    assert written[found.place.line - 1].strip() == found.place.text
    assert (found.counterexample.claim if found.counterexample else "") == pair.claim


@each
def test_the_cured_one_is_left_alone(pair: Pair) -> None:
    report = report_on(pair.cured, pair)
    assert told(report) == []
    assert [f.outcome for f in report.findings if f.check == pair.check] != ["not applicable"] or not pair.claim


@pytest.mark.parametrize("pair", [one for one in PAIRS if one.claim], ids=lambda one: one.ill.__qualname__)
def test_its_pytest_file_fails_on_the_ill_one_and_passes_on_the_cured_one(pair: Pair) -> None:
    report = report_on(pair.ill, pair)
    for layer_class, fails in ((pair.ill, True), (pair.cured, False)):
        scope: dict[str, Any] = {"Layer": layer_class}
        text = pytest_file(report.findings, ["import keras", "import numpy as np"], "Layer()")
        exec(compile(text, "<test>", "exec"), scope)
        (test,) = [value for name, value in scope.items() if name.startswith("test_")]
        if fails:
            with pytest.raises(Exception):  # noqa: B017 - an assertion, or of "runs" what the layer raises
                test()
        else:
            test()


@pytest.mark.parametrize("pair", [one for one in PAIRS if one.claim], ids=lambda one: one.ill.__qualname__)
def test_its_inputs_are_small_travel_and_can_be_opened(pair: Pair) -> None:
    report = report_on(pair.ill, pair)
    meta, _ = wire.decode(wire.encode(*codec.pack(report)))
    assert codec.unpack(Report, meta) == report
    (finding,) = told(report)
    found = finding.counterexample
    assert found is not None
    assert sum(len(x.values) for x in found.calls[0]) <= 16, found.calls[0]
    assert f"x0 = {found.calls[0][0].dtype} {found.calls[0][0].shape}" in printed(report)
    change = opened(Experiment("linear"), found, 0, len(found.calls[0]))
    assert (change is None) == any(x.mask is not None for x in found.calls[0][1:])
    if change is not None:
        experiment = Experiment.from_json({"layer": "linear", **change})
        assert [recipe.shape for recipe in experiment.inputs] == [x.shape for x in found.calls[0]]
        assert (experiment.mask is None) == (found.calls[0][0].mask is None)


def test_an_overflow_of_the_result_itself_is_no_fault() -> None:
    layer = keras.layers.Activation("exponential")
    report = examine(layer, [np.linspace(-9, 9, 8, dtype="float32").reshape(2, 4)], select=("finite",))
    assert np.isinf(np.asarray(layer(np.full((1, 1), 900, "float32")))).all() and told(report) == []


def test_a_case_is_cut_to_what_breaks() -> None:
    numbers = np.random.default_rng(0).standard_normal((4, 6, 3)).astype("float32") + 3
    numbers[2, 4, 1] = -1.5
    small = shrunk(Case((numbers,)), lambda case: bool((case.arrays[0] < 0).any()))
    assert small.arrays[0].shape == (1, 1, 1) and small.arrays[0].item() < 0
    assert small.arrays[0].item() in (-1.5, -2.0, -1.0)


def test_masks_are_cut_with_their_tensors() -> None:
    case = Case((np.ones((2, 4, 3), "float32"),), (np.array([[True] * 4, [True, False, True, True]]),))
    small = shrunk(case, lambda one: one.masks[0] is not None and not one.masks[0].all())
    assert small.arrays[0].shape == (1, 1, 1)
    assert small.masks[0] is not None and small.masks[0].tolist() == [[False]]


def test_only_the_selected_checks_are_made() -> None:
    report = examine(keras.layers.Dense(2), [np.ones((2, 3), "float32")], select=("returns_tensors",))
    assert [finding.check for finding in report.findings] == ["call", "returns_tensors"]
    with pytest.raises(KeyError):
        examine(keras.layers.Dense(2), [np.ones((2, 3), "float32")], select=("no_such_check",))


@pytest.mark.timeout(900)  # a hundred changes are run for it
def test_the_page_of_checks_says_what_the_doctor_says() -> None:
    command = [sys.executable, "-m", "tools.doctor_page", "--check"]  # in this process the layers have been examined
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=850, check=False)
    assert done.returncode == 0, f"make doctor-page\n{done.stderr[-2000:]}"
