"""What the texts of the checks promise: what is told was tried, and what was not tried is not told."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

import explorer.core.doctor.checks
from explorer.core.doctor import examine, registry
from explorer.core.doctor.compare import identical
from explorer.core.doctor.hunting.case import Case
from explorer.core.doctor.hunting.shrink import shrunk
from explorer.core.doctor.hunting.trials import Trials
from explorer.core.doctor.patient import Patient
from explorer.core.doctor.registry import HUNT, LAST, Check, checks, chosen
from explorer.model.report import Finding
from explorer.model.trace import Message


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


X, STEPS = numbers(2, 4), numbers(2, 6, 3)


def found(make: Any, inputs: list[Any], check: str, **keywords: Any) -> Finding:
    (one,) = (f for f in examine(make, inputs, select=(check,), **keywords).findings if f.check == check)
    return one


# ------------------------------------------------------------------------------------------------ masks
class CrashesOnMask(layers.Layer):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, x: Any, mask: Any = None) -> Any:
        return x if mask is None else x * mask


class CrashesInComputeMask(layers.Layer):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, x: Any) -> Any:
        return x * 2

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None if mask is None else ops.reshape(mask, (7, 7))


class TakesSquareMask(layers.Layer):
    def call(self, x: Any, mask: Any = None) -> Any:
        scores = ops.matmul(x, ops.transpose(x, (0, 2, 1)))
        scores = scores if mask is None else scores - 1e9 * (1 - ops.cast(mask, "float32")[:, :6, :6])
        return ops.matmul(ops.softmax(scores), x)


class RefusesMask(layers.Layer):
    def call(self, x: Any, mask: Any = None) -> Any:
        if mask is not None and len(mask.shape) != 4:
            raise ValueError("Expected a mask of 4 axes.")
        return x * 2


@pytest.mark.parametrize("make", [CrashesOnMask, CrashesInComputeMask])
@pytest.mark.parametrize("check", ["masked_steps", "mask_fits", "all_masked", "masks_arrive"])
def test_a_mask_that_makes_the_layers_own_code_fail_is_a_finding(make: Any, check: str) -> None:
    findings = examine(make(), [STEPS]).findings
    outcomes = {f.check: f.outcome for f in findings}
    assert outcomes["masked_steps"] == "failed" and outcomes[check] in ("failed", "not applicable")
    assert [f.check for f in findings if f.outcome in ("failed", "broken")] == ["masked_steps"]
    (fault,) = (f for f in findings if f.check == "masked_steps")
    assert fault.place is not None and "mask" in fault.place.text


class CrashesOnSecondMask(layers.Layer):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, a: Any, b: Any, b_mask: Any = None) -> Any:
        return a + b if b_mask is None else a + b * b_mask

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None


def test_a_mask_of_a_further_input_that_makes_it_fail_is_a_finding() -> None:
    assert found(CrashesOnSecondMask(), [STEPS, STEPS + 1], "masks_arrive").outcome == "failed"


class MeasuresSecondMask(layers.Layer):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs[0] * 2 + inputs[1]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        first, second = mask or (None, None)
        return first if second is None else ops.reshape(second, (7, 7))


def test_a_mask_of_a_further_input_is_tried() -> None:
    one = found(MeasuresSecondMask(), [[STEPS, STEPS + 1]], "every_mask")
    assert one.outcome == "failed", one


class TakesSmallNumbers(layers.Layer):
    def call(self, x: Any, mask: Any = None) -> Any:
        tf.debugging.assert_less(x, tf.cast(6.5, x.dtype))
        return x * 2 if mask is None else ops.where(mask[..., None], x * 2, 0.0)


@pytest.mark.parametrize("make", [TakesSquareMask, RefusesMask, TakesSmallNumbers])
def test_a_mask_of_another_kind_is_no_fault(make: Any) -> None:
    report = examine(make(), [STEPS])
    assert [f for f in report.findings if f.outcome in ("failed", "broken")] == []


class NamesBothMasks(layers.Layer):
    def call(self, a: Any, b: Any, b_mask: Any = None, a_mask: Any = None, training: bool = False) -> Any:
        return a + b[:, None]


class NamesOneMask(layers.Layer):
    def call(self, a: Any, b: Any, b_mask: Any = None, training: bool = False) -> Any:
        return a + b[:, None]


def test_only_masks_that_came_are_told_of() -> None:
    one = found(NamesBothMasks(), [STEPS, STEPS[:, 0]], "masks_arrive")
    assert one.outcome == "passed" and "a_mask" in str(one.seen) and "b_mask" not in str(one.seen)
    assert found(NamesOneMask(), [STEPS, STEPS[:, 0]], "masks_arrive").outcome == "not applicable"


# ------------------------------------------------------------------------------------------------ inputs
class Weighted(layers.Layer):
    def call(self, x: Any, m: Any) -> Any:
        return x * ops.cast(m, x.dtype)[..., None]


class Ignores(layers.Layer):
    def call(self, x: Any, m: Any) -> Any:
        return x * 2.0


@pytest.mark.parametrize("value", [np.ones((2, 6), "int32"), np.full((2, 6), 2, "uint8"), np.full((2, 6), 3, "int64")])
def test_an_input_of_one_whole_number_is_not_said_to_change_nothing(value: np.ndarray) -> None:
    assert found(Weighted(), [STEPS, value], "inputs_count").outcome == "passed"


def test_an_ignored_input_of_several_whole_numbers_is_found() -> None:
    assert found(Ignores(), [STEPS, np.arange(12).reshape(2, 6)], "inputs_count").outcome == "advice"


class HasFrozenReadPart(layers.Layer):
    def __init__(self, early: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dense = layers.Dense(4)
        self.dense.trainable = early

    def build(self, shape: Any) -> None:
        self.dense.build(shape)
        self.dense.trainable = False

    def call(self, x: Any) -> Any:
        return ops.matmul(x, self.dense.kernel) + self.dense.bias


@pytest.mark.parametrize("early", [False, True])
def test_a_frozen_part_whose_weights_are_read_is_used(early: bool) -> None:
    assert found(HasFrozenReadPart(early), [X], "parts_called").outcome == "passed"


class AddsTable(layers.Layer):
    def build(self, shape: Any) -> None:
        shape = shape[0] if isinstance(shape[0], (tuple, list)) else shape
        self.table = self.add_weight(shape=(shape[1], shape[2]), name="table")

    def call(self, a: Any, b: Any) -> Any:
        return a + b + self.table


class OneTable(layers.Layer):
    def build(self, shape: Any) -> None:
        self.table = self.add_weight(shape=(shape[1], shape[2]), name="table")

    def call(self, x: Any) -> Any:
        return x + self.table


def test_a_table_for_two_sequences_is_found() -> None:
    assert found(AddsTable(), [numbers(2, 5, 3), numbers(2, 5, 3) + 1], "other_lengths").outcome == "advice"


def test_a_table_of_a_layer_that_was_built_before_is_found() -> None:
    layer = OneTable()
    layer(STEPS)
    assert found(layer, [STEPS], "other_lengths").outcome == "advice"


def test_a_case_that_cannot_be_tried_does_not_break_the_property() -> None:
    def breaks(case: Case) -> bool:
        if case.arrays[0].shape[0] < 3:
            raise ValueError("Not such a small one.")
        return True

    assert shrunk(Case((numbers(6, 2),)), breaks).arrays[0].shape == (3, 1)


# ------------------------------------------------------------------------------------------------ state
class HoldsNaN(layers.Layer):
    def __init__(self, value: Any = float("nan"), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.best = value

    def call(self, x: Any) -> Any:
        return x * 2


class KeepsMean(layers.Layer):
    last: Any = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.last = None

    def call(self, x: Any) -> Any:
        self.last = ops.mean(x)
        return x * 2


class KeepsScores(layers.Layer):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scores: Any = ops.zeros((2, 4))

    def call(self, x: Any) -> Any:
        self.scores = ops.softmax(x)
        return x * self.scores


@pytest.mark.parametrize("value", [float("nan"), np.float32("nan"), np.array([np.nan, 1.0]), complex("nan")])
def test_an_attribute_that_is_not_a_number_stays(value: Any) -> None:
    assert found(HoldsNaN(value), [X], "attributes_stay").outcome == "passed"


@pytest.mark.parametrize("make", [KeepsMean, KeepsScores])
def test_a_tensor_of_the_call_that_is_kept_is_found_and_keeps_no_check_waiting(make: Any) -> None:
    report = examine(make(), [X])
    (one,) = (f for f in report.findings if f.check == "attributes_stay")
    assert one.outcome == "advice" and one.place is not None and "self." in one.place.text, one
    assert not [f for f in report.findings if f.waits_for == "attributes_stay"]


class Counts(layers.Layer):
    def build(self, shape: Any) -> None:
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False, name="count")

    def call(self, x: Any, training: bool = False) -> Any:
        self.count.assign(self.count + 1)
        return x * 2


@pytest.mark.parametrize("built", [False, True])
def test_the_layer_of_a_trial_is_as_before_its_first_call(built: bool) -> None:
    layer = Counts()
    if built:
        layer.build((None, 4))
    trials = Trials(Patient(layer, None, [X], None))
    for training in (False, True):
        case = Case((X + 1,), (), training)
        assert [float(v) for v in trials.layer(case).variables] == [0.0]


class OtherOnSymbols(layers.Layer):
    def build(self, shape: Any) -> None:
        super().build(shape)
        rows = 3 if shape[0] is None else 4
        self.table = self.add_weight(shape=(rows,), name="table")

    def call(self, x: Any) -> Any:
        return x * ops.sum(self.table)


def test_other_weights_on_symbols_are_found() -> None:
    assert found(OtherOnSymbols(), [X], "symbolic").outcome == "failed"
    assert found(Counts(), [X], "symbolic").outcome == "passed"


class WritesBehindKeras(layers.Layer):
    def build(self, shape: Any) -> None:
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False, name="count")

    def call(self, x: Any) -> Any:
        self.count._value.assign_add(1.0)
        return x * 2


def test_a_stateless_call_that_changes_variables_is_found() -> None:
    one = found(WritesBehindKeras(), [X], "stateless")
    assert one.outcome == "failed" and "count" in str(one.seen)
    assert found(Counts(), [X], "stateless").outcome == "passed"


# ------------------------------------------------------------------------------------------------ random numbers
class DrawsWholeNumbers(layers.Layer):
    def __init__(self, seed: int = 0, high: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed_generator, self.high = keras.random.SeedGenerator(seed), high

    def call(self, x: Any, training: bool = False) -> Any:
        if training:
            x = x * (1.0 + ops.cast(keras.random.randint((2, 1), 0, self.high, seed=self.seed_generator), x.dtype))
        return x


class DrawsTheSame(layers.Layer):
    def call(self, x: Any, training: bool = False) -> Any:
        if training:
            x = x + ops.cast(keras.random.randint((2, 4), 0, 1000, seed=5), x.dtype)
        return x


def test_whole_numbers_that_are_equal_by_chance_are_no_constant_seed() -> None:
    outcomes = {found(DrawsWholeNumbers(seed), [X], "fresh_noise").outcome for seed in range(8)}
    assert outcomes == {"passed"}
    assert found(DrawsTheSame(), [X], "fresh_noise").outcome == "failed"


# ------------------------------------------------------------------------------------------------ arguments
class LongDefault(layers.Layer):
    def __init__(self, units: Any = [1] * 40, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        units.append(2)
        self.units = list(units)

    def call(self, x: Any) -> Any:
        return x * 2


class ShortDefault(layers.Layer):
    def __init__(self, units: Any = [4], **kwargs: Any) -> None:  # noqa: B006
        super().__init__(**kwargs)
        units.append(4)
        self.units = list(units)

    def call(self, x: Any) -> Any:
        return x * 2


@pytest.mark.parametrize("make", [LongDefault, ShortDefault, lambda: ShortDefault()], ids=["long", "short", "made"])
def test_a_default_is_compared_whole_and_put_back(make: Any) -> None:
    known = ShortDefault if not isinstance(make, type) else make
    known.__init__.__defaults__[0][:] = before = [1] * 40 if known is LongDefault else [4]
    one = found(make, [X], "defaults_stay")
    assert one.outcome == "failed", one
    assert len(str(one.seen)) < 260
    if make is ShortDefault:
        assert "it was [4], and is [4, 4]" in str(one.seen)
        examine(ShortDefault, [X])
        assert known.__init__.__defaults__[0] == before


class OneValueOnly(layers.Layer):
    def __init__(self, mode: str = "only", factor: float = 2.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if mode != "only":
            raise ValueError("It must be the one.")
        self.mode, self.factor = mode, factor

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mode": self.mode, "factor": self.factor}

    def call(self, x: Any) -> Any:
        return x * (self.factor if self.mode == "only" else 1.0)


class OneArgument(layers.Layer):
    def __init__(self, mode: str = "only", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if mode != "only":
            raise ValueError("It must be the one.")
        self.mode = mode

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mode": self.mode}

    def call(self, x: Any) -> Any:
        return x * (2.0 if self.mode == "only" else 1.0)


def test_arguments_that_were_not_tried_are_not_told_of() -> None:
    one = found(OneValueOnly(), [X], "arguments_matter")
    assert one.outcome == "passed" and "factor" in str(one.seen) and "mode" not in str(one.seen)
    assert found(OneArgument(), [X], "arguments_matter").outcome == "not applicable"


class NeverRead(layers.Layer):
    def __init__(self, rate: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = 0.5

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate}

    def call(self, x: Any) -> Any:
        return x * 2


@pytest.mark.parametrize("check", ["arguments_matter", "source"])
def test_a_selected_check_tells_what_it_tells_among_all(check: str) -> None:
    for make in (NeverRead, KeepsMean, DrawsTheSame):
        (whole,) = (f for f in examine(make(), [X]).findings if f.check == check)
        assert (whole.outcome, str(whole.seen)) == ((one := found(make(), [X], check)).outcome, str(one.seen))


# ------------------------------------------------------------------------------------------------ the register
def test_a_check_is_made_after_those_whose_outcome_it_reads() -> None:
    for file in Path(explorer.core.doctor.checks.__file__).parent.glob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        read = {
            node.args[0].value
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "patient.outcomes.get"
            if isinstance(node.args[0], ast.Constant)
        }
        here = [one for one in checks(asked=True) if one.function.__module__.endswith(f".{file.stem}")]
        before = {name for one in here for name in (*one.after, *one.reads)}
        assert read <= before, file


@pytest.fixture
def later() -> Iterator[Callable[[int, int], None]]:
    kept, text = dict(registry.CHECKS.all()), Message("It was planted")

    def plant(first: int, second: int) -> None:
        pairs: tuple[tuple[str, int, tuple[str, ...]], ...] = (
            ("planted", first, ()),
            ("planted_too", second, ("planted",)),
        )
        for name, stage, after in pairs:
            one = Check(name, text, text, text, text, lambda _: registry.passed(text), after, stage)
            registry.CHECKS.add(name, one)
        checks.cache_clear()

    yield plant
    for name in {*registry.CHECKS.all()} - {*kept}:
        registry.CHECKS.remove(name)
    checks.cache_clear()


@pytest.mark.parametrize(("first", "second"), [(HUNT, 0), (LAST, HUNT)])
def test_a_check_that_names_one_of_a_later_stage_is_refused(
    later: Callable[[int, int], None], first: int, second: int
) -> None:
    later(first, second)
    with pytest.raises(ValueError, match="planted_too"):
        chosen(("planted_too",))
    with pytest.raises(ValueError, match="planted_too"):
        checks()


class SharedUnits(layers.Layer):
    """Each one that is made gets a layer more than the one before."""

    def __init__(self, units: list[int] = [4], **kwargs: Any) -> None:  # noqa: B006
        super().__init__(**kwargs)
        self.stack = [layers.Dense(count) for count in units]
        units.append(4)

    def build(self, shape: Any) -> None:
        for part in self.stack:
            part.build(shape)

    def call(self, x: Any) -> Any:
        for part in self.stack:
            x = part(x)
        return x


def test_a_default_that_grows_comes_before_what_follows_from_it() -> None:
    report = examine(SharedUnits, [X])
    assert report.told[0].check == "defaults_stay"
    waiting = {finding.check for finding in report.findings if finding.waits_for == "defaults_stay"}
    assert waiting >= {"symbolic", "complete_build", "revived"}


class OwnLayers(layers.Layer):
    """Its list has the name of one of Keras's, which a file then holds twice."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._layers = [layers.Dense(4), layers.Dense(4)]

    def build(self, shape: Any) -> None:
        for part in self._layers:
            part.build(shape)

    def call(self, x: Any) -> Any:
        for part in self._layers:
            x = part(x)
        return x


def test_a_name_of_kerass_own_is_told_before_the_file_that_it_spoils() -> None:
    report = examine(OwnLayers, [X])
    assert report.told[0].check == "own_names"
    assert "keras_file" not in {finding.check for finding in report.told if finding.outcome == "failed"}


class FixedTable(layers.Layer):
    """Its config always holds the table that is there without an argument."""

    def __init__(self, table: Any = (1.0, 1.0, 1.0), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.table = np.asarray(table, "float32")

    def call(self, x: Any) -> Any:
        return x * self.table

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "table": np.ones(3, "float32")}


def test_an_array_in_the_config_follows_what_was_given_or_is_told() -> None:
    assert found(FixedTable(), [np.ones((2, 3), "float32")], "config_complete").outcome == "failed"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (np.array([1.0, np.nan]), np.array([1.0, np.nan]), True),
        (np.ones(3), 1.0, False),
        (np.ones(2), (1.0, 1.0), True),
        (tf.constant([1, 2]), np.array([1, 2]), True),
        (float("nan"), float("nan"), True),
        ("a", "b", False),
        (np.ones(2), np.ones(3), False),
    ],
)
def test_what_is_identical(one: Any, other: Any, expected: bool) -> None:
    assert identical(one, other) is expected
