"""The doctor: every liar is caught by the right check, nothing is touched, and no check takes the others along."""

from __future__ import annotations

import functools
import os
import random
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest

from explorer.command.printing import printed
from explorer.core.doctor import Cancelled, examine, others
from explorer.core.doctor import registry as registry
from explorer.core.doctor.checks import time as time_checks
from explorer.core.doctor.registry import Check, NotApplicable, Verdict, checks
from explorer.model.report import OUTCOMES, Finding, Report
from explorer.model.trace import Message
from tests.explorer.core.doctor import liars

X = np.random.default_rng(0).standard_normal((2, 4)).astype("float32")
STEPS = np.random.default_rng(1).standard_normal((2, 6, 3)).astype("float32")

LIARS: tuple[tuple[type, str, str, str, str], ...] = (
    # class, check, outcome, mistake, a part of the line to blame
    (liars.WrongShape, "declared_shape", "failed", "", "def compute_output_shape("),
    (liars.HalvedBatch, "declared_shape", "failed", "", "def compute_output_shape("),
    (liars.WrongDtype, "declared_dtype", "failed", "", "def compute_output_shape("),
    (liars.LostArgument, "config_complete", "failed", "argument_missing_from_config", ""),
    (liars.StuckArgument, "config_complete", "failed", "argument_missing_from_config", "def get_config("),
    (liars.BatchLeak, "batch_independence", "advice", "batch_statistics", "ops.mean(x, axis=0"),
    (liars.UntrackedState, "tracked_state", "failed", "untracked_weight", "tf.Variable("),
    (liars.GlobalState, "tracked_state", "failed", "untracked_weight", ""),
    (liars.RandomArray, "plain_arrays", "failed", "untracked_weight", "np.random.normal("),
    (liars.MaskLeak, "masked_steps", "failed", "mask_leak", "def call("),
    (liars.HardFloat32, "dtype_policy", "advice", "hard_coded_dtype", "float32"),
    (liars.MeetsFloat32, "dtype_policy", "failed", "hard_coded_dtype", "tf.constant(2.0)"),
    (liars.NumpyNoise, "repeatable", "failed", "", "np.random.normal()"),
    (liars.PythonMode, "graph_equals_eager", "failed", "", "def call("),
    (liars.GrowingList, "memory_stays", "failed", "grows_with_calls", "def call("),
    (liars.GrowingTime, "time_stays", "failed", "grows_with_calls", "def call("),
    (liars.UnusedWeight, "gradients", "advice", "unused_weight", "self.spare ="),
    (liars.VectorLoss, "losses", "advice", "", ""),
    (liars.NotFiniteLoss, "losses", "failed", "", ""),
    (liars.IgnoresTraining, "training_argument", "advice", "training_ignored", "def call("),
    (liars.Logarithm, "finite", "advice", "not_finite", ""),
    (liars.Mixed, "batch_independence", "failed", "", "ops.roll(x, 1, axis=0)"),
    (liars.PooledBatch, "batch_axis", "failed", "", "def call("),
    (liars.Unguessable, "config_complete", "advice", "", "def get_config("),
)
FORGETFUL: tuple[tuple[Callable[[], Any], str, str], ...] = (
    # what makes it, the argument that is lost, and the effect that proves it
    (liars.ForgetsRate, "rate", "its output in training"),
    (liars.ForgetsMomentum, "momentum", "its output in training"),
    (liars.ForgetsInitializer, "stddev", "its weights when they are new"),
    (liars.ForgetsRegularizer, "strength", "the losses that it adds"),
    (liars.ForgetsLossWeight, "loss_weight", "the losses that it adds"),
    (liars.ForgetsConstraint, "limit", "what its constraints make of its weights"),
    (liars.ForgetsGradientScale, "strength", "its gradients"),
    (liars.ForgetsMode, "mode", "its output"),
    (liars.ForgetsChoice, "merge", "its output"),
    (liars.ForgetsActivation, "activation", "its output"),
    (liars.ForgetsFunction, "act", "its output"),
    (liars.ForgetsTuple, "scales", "its output"),
    (liars.ForgetsLimit, "limit", "its output"),
    (liars.StuckRate, "rate", "its output in training"),
    (lambda: liars.ForgetsLayer(keras.layers.Dense(4)), "inner", "the shapes of its weights"),
)
HONEST = (liars.Honest, liars.Masked, liars.TrackedNoise)


def finding(report: Report, check: str) -> Finding:
    (found,) = (f for f in report.findings if f.check == check)
    return found


def inputs(layer_class: type) -> np.ndarray:
    return STEPS if issubclass(layer_class, liars.MaskLeak) else X


@pytest.mark.parametrize(
    ("layer_class", "check", "outcome", "mistake", "line"), LIARS, ids=[row[0].__name__ for row in LIARS]
)
def test_a_liar_is_caught_by_the_right_check(
    layer_class: type, check: str, outcome: str, mistake: str, line: str
) -> None:
    report = examine(layer_class(), [inputs(layer_class)])
    found = finding(report, check)
    assert (found.outcome, found.mistake) == (outcome, mistake), found
    if line:
        assert found.place is not None and line in found.place.text
        written = Path(found.place.file).read_text(encoding="utf-8").splitlines()
        assert written[found.place.line - 1].strip() == found.place.text
    others = [f.check for f in report.findings if f.outcome in ("failed", "broken") and f is not found]
    assert others == []
    assert report.healthy == (outcome != "failed")


@pytest.mark.parametrize(
    ("make", "argument", "effect"), FORGETFUL, ids=[f"{r[1]}-{i}" for i, r in enumerate(FORGETFUL)]
)
def test_a_forgotten_argument_is_found_by_what_it_does(make: Callable[[], Any], argument: str, effect: str) -> None:
    report = examine(make(), [X])
    found = finding(report, "config_complete")
    assert (found.outcome, found.mistake) == ("failed", "argument_missing_from_config"), found
    assert str(found.seen).startswith(f"Lost: {argument}. Made with {argument}=")
    assert f"it differs in {effect}: " in str(found.seen)
    assert [f.check for f in report.findings if f.outcome in ("failed", "broken")] == ["config_complete"]


@pytest.mark.parametrize("value", [0.5, 0.0, 1.0, 3, True, "relu", (0.5, 1), {"a": 0.5}, [2.0]])
def test_another_value_is_another_one(value: Any) -> None:
    found = others.others(liars.Honest, "argument", value)
    assert found and all(one != value for one in found)


@pytest.mark.parametrize("layer_class", HONEST)
def test_an_honest_layer_is_healthy(layer_class: type) -> None:
    report = examine(layer_class(), [inputs(layer_class)])
    assert [f for f in report.findings if f.outcome in ("failed", "broken", "advice")] == []
    assert report.healthy and {f.check for f in report.findings} == {check.id for check in checks()}


def test_random_by_nature_is_told_from_random_by_accident() -> None:
    assert finding(examine(liars.TrackedNoise(), [X]), "repeatable").outcome == "by design"


def test_every_check_speaks() -> None:
    assert len(checks()) > 30
    for check in checks():
        assert all(str(text) for text in (check.title, check.tried, check.expected, check.why))
        assert check.function.__doc__
        assert set(check.after) < {other.id for other in checks()}


@pytest.mark.parametrize("built", [False, True])
def test_the_layer_stays_as_it_was(built: bool) -> None:
    layer = keras.layers.BatchNormalization()
    if built:
        layer(X, training=True)
    before, values = dict(vars(layer)), [np.array(v) for v in layer.variables]
    lists = {name: list(value) for name, value in vars(layer).items() if isinstance(value, list)}
    report = examine(layer, [X])
    assert report.healthy and layer.built is built
    assert vars(layer).keys() == before.keys() and all(vars(layer)[name] is before[name] for name in before)
    assert all(len(vars(layer)[name]) == len(value) for name, value in lists.items())
    for variable, value in zip(layer.variables, values, strict=True):
        np.testing.assert_array_equal(np.array(variable), value)


def test_the_process_stays_as_it_was() -> None:
    layer = keras.layers.Dropout(0.5)
    keras.utils.set_random_seed(5)
    first = [keras.layers.Dense(1).name, random.random(), np.random.rand(), float(keras.random.normal(()))]
    keras.utils.set_random_seed(5)
    names = keras.layers.Dense(1).name
    examine(layer, [X])
    after = [random.random(), np.random.rand(), float(keras.random.normal(()))]
    assert after == first[1:]
    assert int(keras.layers.Dense(1).name.split("_")[-1]) == int(names.split("_")[-1]) + 1
    assert keras.config.dtype_policy().name == "float32"


def test_nothing_is_printed_or_warned(capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        examine(keras.layers.Dense(2), [X])
    assert warned == [] and capfd.readouterr().out == ""


def test_what_cannot_be_made_is_a_finding() -> None:
    class NoSuper(keras.layers.Layer):
        def __init__(self, units: int) -> None:
            self.units = units

        def call(self, x: Any) -> Any:
            return x

    report = examine(functools.partial(NoSuper, 3), [X])
    found = finding(report, "call")
    assert (report.layer, found.outcome, found.mistake) == ("NoSuper", "failed", "no_super_init") and found.detail
    assert found.place is not None and found.place.text == "def __init__(self, units: int) -> None:"
    assert {f.outcome for f in report.findings if f is not found} <= {"not applicable", "advice", "passed"}


def test_an_error_of_the_layers_own_is_no_break_of_a_check() -> None:
    found = finding(examine(liars.Raises(), [X]), "complete_build")
    assert found.outcome == "failed" and found.place is not None and found.place.text == 'raise OSError("not here")'


def test_what_cannot_be_called_is_a_finding() -> None:
    report = examine(keras.layers.Dense(3), [np.zeros(2, "float32")])
    assert finding(report, "call").outcome == "failed" and not report.healthy


def test_neither_a_layer_nor_a_maker() -> None:
    with pytest.raises(TypeError, match="Expected a layer"):
        examine(3, [X])


@pytest.fixture
def planted() -> Iterator[list[str]]:
    """Two checks more: one that breaks, and one that comes after it."""
    made: list[str] = []

    def breaks(patient: Any) -> Verdict:
        raise OSError("the check's own fault")

    def waits(patient: Any) -> Verdict:
        made.append("waits")
        return registry.passed(Message("-"))

    def declines(patient: Any) -> Verdict:
        raise NotApplicable(Message("no reason"))

    text = Message("-")
    for function, after in ((breaks, ()), (waits, ("breaks",)), (declines, ())):
        name = function.__name__
        registry.CHECKS.add(name, Check(name, text, text, text, text, function, after, stage=0))
    checks.cache_clear()
    yield made
    for name in ("breaks", "waits", "declines"):
        registry.CHECKS.remove(name)
    checks.cache_clear()


def test_a_check_that_breaks_says_so_and_takes_no_other_along(planted: list[str]) -> None:
    report = examine(liars.Honest(), [X])
    found = finding(report, "breaks")
    assert found.outcome == "broken" and "the check's own fault" in found.detail
    assert finding(report, "waits").outcome == "not applicable" and planted == []
    assert str(finding(report, "declines").seen) == "no reason"
    assert finding(report, "declared_shape").outcome == "passed"
    assert not report.healthy and not report.failed and not report.complete


def test_progress_is_reported_and_can_end_it() -> None:
    told: list[tuple[float, str]] = []
    examine(liars.Honest(), [X], report=lambda part, text: told.append((part, text)))
    parts = [part for part, _ in told]
    assert parts == sorted(parts) and parts[0] == 0 and parts[-1] == 1 and len(told) == len(checks()) + 1
    assert told[0][1] == checks()[0].title.msgid

    def stop(part: float, text: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        examine(liars.Honest(), [X], report=stop)


class Clock:
    """Stands for the time of the processor: a call takes what the list says, the last entry for ever."""

    def __init__(self, *milliseconds: float) -> None:
        self.calls, self.milliseconds, self.now = -1, milliseconds, 0.0

    def thread_time(self) -> float:
        """Asked before and after each call."""
        self.calls += 1
        if self.calls % 2:
            self.now += self.milliseconds[min(self.calls // 2, len(self.milliseconds) - 1)] / 1000
        return self.now


FEW = time_checks.FEWEST
BUSY_TIMES: dict[str, tuple[Clock, str]] = {
    "always the same": (Clock(30.0), "passed"),
    "slow for one call": (Clock(10.0, 400.0, 10.0), "passed"),
    "busy at first": (Clock(*[90.0] * FEW, 10.0), "passed"),
    "busy in the second half of each round": (Clock(*([20.0] * 3 + [90.0] * 3) * 3), "undecided"),
    "ever slower": (Clock(*(20.0 * 1.3**n for n in range(3 * FEW))), "failed"),
}


@pytest.mark.parametrize("name", BUSY_TIMES)
def test_times_of_a_busy_machine_condemn_no_layer(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, outcome = BUSY_TIMES[name]
    monkeypatch.setattr(time_checks, "time", clock)
    report = examine(liars.Honest(), [X])
    assert finding(report, "time_stays").outcome == outcome
    assert report.healthy == (outcome != "failed") and report.complete
    assert len(report.undecided) == (outcome == "undecided")
    assert ("\nUndecided checks: 1." in printed(report)) == (outcome == "undecided")


def test_a_deadline_leaves_checks_out() -> None:
    report = examine(liars.Honest(), [X], seconds=0)
    assert report.findings == () and report.stopped is not None and not report.healthy
    assert str(len(checks())) in str(report.stopped)


def test_several_inputs_and_keywords() -> None:
    two = [X, X + 1]
    assert examine(keras.layers.Add(), [two]).healthy
    assert examine(keras.layers.Attention(), [[STEPS, STEPS]]).healthy
    query = examine(keras.layers.MultiHeadAttention(2, 3), [STEPS], {"value": STEPS})
    assert query.healthy and query.inputs == ("float32 (2, 6, 3)", "float32 (2, 6, 3)")


def test_outcomes_are_ordered_and_checked() -> None:
    with pytest.raises(ValueError, match="Expected an outcome"):
        Finding("x", "fine", *(Message("-"),) * 5)
    counts = examine(liars.Honest(), [X]).counts()
    assert tuple(counts) == OUTCOMES and sum(counts.values()) == len(checks())
