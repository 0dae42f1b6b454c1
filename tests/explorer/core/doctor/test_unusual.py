"""Layers and inputs of unusual kinds: no check breaks on them, and none condemns them for what they are."""

from __future__ import annotations

import os
import threading
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
from keras import ops

from explorer.core.doctor import examine
from explorer.core.doctor.checks.saving import revived
from explorer.core.doctor.hunting.case import Case
from explorer.core.doctor.hunting.masked import changed_cell, disturbed
from explorer.core.doctor.hunting.trials import Trials
from explorer.core.doctor.patient import Patient
from explorer.core.doctor.replica import replica
from explorer.model.report import Report

register = keras.saving.register_keras_serializable("doctor_unusual")


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


def outcome(report: Report, check: str) -> str:
    return next(f.outcome for f in report.findings if f.check == check)


def found(report: Report) -> dict[str, str]:
    """What is said beside "passed" and "not applicable", with the words."""
    told = [f for f in report.findings if f.outcome in ("failed", "broken", "advice")]
    return {f.check: f"{f.outcome}: {f.seen} {f.detail}" for f in told}


@register
class Tempered(keras.layers.Layer):
    """A single number beside a tensor."""

    def call(self, x: Any, temperature: Any) -> Any:
        return x * temperature


@register
class TemperatureFirst(keras.layers.Layer):
    def call(self, temperature: Any, x: Any) -> Any:
        return x * temperature


@register
class Chosen(keras.layers.Layer):
    """A single whole number beside a tensor: it could be a position."""

    def call(self, x: Any, place: Any) -> Any:
        return x * ops.cast(place, x.dtype)


@pytest.mark.parametrize(
    ("layer", "inputs", "keywords"),
    [
        (Tempered(), [numbers(2, 4), np.array(0.5, "float32")], {}),
        (Tempered(), [numbers(2, 4)], {"temperature": np.array(0.5, "float32")}),
        (TemperatureFirst(), [np.array(0.5, "float32"), numbers(2, 4)], {}),
    ],
)
def test_a_single_number_beside_a_tensor(layer: Any, inputs: list[Any], keywords: dict[str, Any]) -> None:
    report = examine(layer, inputs, keywords)
    assert found(report) == {}
    assert outcome(report, "batch_axis") == outcome(report, "batch_independence") == "passed"


def test_a_single_whole_number_may_be_a_position() -> None:
    report = examine(Chosen(), [numbers(2, 4), np.array(1)], select=["batch_axis", "batch_independence"])
    assert found(report) == {} and outcome(report, "batch_independence") == "passed"


@register
class Divided(keras.layers.Layer):
    def call(self, x: Any, temperature: Any) -> Any:
        return x / temperature


def test_a_single_number_is_part_of_a_counterexample() -> None:
    report = examine(Divided(), [numbers(2, 4), np.array(0.5, "float32")])
    assert list(found(report)) == ["finite", "finite_gradients"]
    told = next(f.counterexample for f in report.findings if f.check == "finite")
    assert told is not None and told.calls[0][1].shape == ()


@pytest.mark.parametrize("shape", [(2, 0, 4), (2, 4, 0)])
def test_an_axis_of_no_cells(shape: tuple[int, ...]) -> None:
    report = examine(
        keras.layers.LayerNormalization() if shape[-1] else keras.layers.Activation("relu"), [numbers(*shape)]
    )
    assert not [text for text in found(report).values() if text.startswith("broken")]
    assert outcome(report, "batch_axis") == "passed"


def test_a_batch_of_no_rows() -> None:
    report = examine(keras.layers.Dense(3), [numbers(0, 4)])
    assert not [text for text in found(report).values() if text.startswith("broken")]
    assert outcome(report, "batch_axis") == "not applicable"


@register
class OwnCall(keras.layers.Layer):
    """Its constructor chooses what a call does."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.call = self._twice

    def _twice(self, x: Any) -> Any:
        return 2 * x

    def call(self, x: Any) -> Any:
        return x


@register
class AroundOwnCall(keras.layers.Layer):
    """It looks at the masks that arrive, and holds a part with a call of its own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = OwnCall()
        self.supports_masking = True

    def call(self, x: Any, mask: Any = None) -> Any:
        return self.inner(x)


@pytest.mark.parametrize("built", [False, True])
def test_a_call_that_the_constructor_chose_stays(built: bool) -> None:
    layer = OwnCall()
    if built:
        layer(numbers(2, 4))
    patient = Patient(layer, None if built else OwnCall, [numbers(2, 4)], {})
    for one in (patient.subject, patient.copy()):
        assert np.array_equal(one(numbers(2, 4)), 2 * numbers(2, 4))


@pytest.mark.parametrize(("layer", "shape"), [(OwnCall, (2, 4)), (AroundOwnCall, (2, 5, 4))])
def test_a_layer_with_a_call_of_its_own_is_examined_with_it(layer: Any, shape: tuple[int, ...]) -> None:
    assert found(examine(layer(), [numbers(*shape)])) == {}


@register
class Cell(keras.layers.Layer):
    """Its constructor chooses a call that uses its second state; the method of the class does not."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.state_size = [3, 3]
        self.output_size = 3
        self.call = self._both

    def _both(self, x: Any, states: Any) -> Any:
        return x + states[0] + states[1], [x, states[0]]

    def call(self, x: Any, states: Any) -> Any:
        return x, states


def test_a_cell_keeps_its_own_call() -> None:
    report = examine(keras.layers.RNN(Cell()), [numbers(2, 5, 3)], select=["inputs_count"])
    assert found(report) == {}


@register
class Carried(keras.layers.Layer):
    """A stateful layer whose state is a variable."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stateful = True

    def build(self, input_shape: Any) -> None:
        self.total = self.add_weight(shape=(input_shape[-1],), initializer="zeros", trainable=False, name="total")
        super().build(input_shape)

    def reset_state(self) -> None:
        self.total.assign(ops.zeros_like(self.total))

    def call(self, x: Any) -> Any:
        self.total.assign(self.total + ops.mean(x, axis=(0, 1)))
        return x + self.total


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.LSTM(4, stateful=True),
        keras.layers.GRU(4, stateful=True, return_sequences=True),
        keras.layers.Bidirectional(keras.layers.SimpleRNN(3, stateful=True)),
        Carried(),
    ],
    ids=lambda layer: type(layer).__name__,
)
@pytest.mark.parametrize("called", [False, True])
def test_states_from_call_to_call_are_meant(layer: Any, called: bool) -> None:
    layer = type(layer).from_config(layer.get_config())
    if called:
        layer(numbers(2, 5, 3))
    report = examine(layer, [numbers(2, 5, 3)])
    assert outcome(report, "repeatable") == "by design"
    assert outcome(report, "tracked_state") == "passed"
    if not isinstance(layer, Carried):
        assert found(report) == {}
        assert outcome(report, "symbolic") == "by design"  # Keras makes states for one size of batch only


@register
class Scaled(keras.layers.Layer):
    """Its weight is 1, and the gradient small."""

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight(shape=(1,), initializer="ones", name="scale")
        super().build(input_shape)

    def call(self, x: Any) -> Any:
        return x * self.scale


@pytest.mark.parametrize(("dtype", "size"), [("bfloat16", 1e-3), ("float16", 1e-3), ("float32", 1e-9)])
def test_a_step_below_the_precision_of_a_weight_moves_none(dtype: str, size: float) -> None:
    report = examine(Scaled(dtype=dtype), [size * numbers(2, 4)], select=["training_step"])
    assert outcome(report, "training_step") == "by design"


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32", "float64"])
def test_a_larger_step_moves_it(dtype: str) -> None:
    report = examine(Scaled(dtype=dtype), [numbers(2, 4)], select=["training_step"])
    assert outcome(report, "training_step") == "passed"


@register
class Added(keras.layers.Layer):
    def call(self, one: Any, other: Any) -> Any:
        return one + other


@register
class Reversed(keras.layers.Layer):
    """Each step sees a later one."""

    def call(self, x: Any) -> Any:
        return ops.cumsum(ops.flip(x, 1), 1)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_given_numbers_that_are_not_finite(wrong: float) -> None:
    given = numbers(2, 5, 3)
    given[0, 1, 2] = wrong
    report = examine(Added(), [given, numbers(2, 5, 3)])
    assert not [text for text in found(report).values() if text.startswith("broken")]
    assert outcome(report, "inputs_count") == "passed"
    clean, dirty = (examine(Reversed(), [x], select=["future_unseen"]) for x in (numbers(2, 5, 3), given))
    assert [f.seen for f in clean.findings] == [f.seen for f in dirty.findings]


@register
class StaticFromConfig(keras.layers.Layer):
    """Keras takes a `from_config` that is a static method."""

    def __init__(self, factor: float = 2.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x: Any) -> Any:
        return self.factor * x

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}

    @staticmethod
    def from_config(config: dict[str, Any]) -> Any:
        return StaticFromConfig(**config)


def test_from_config_as_a_static_method() -> None:
    report = examine(StaticFromConfig(), [numbers(2, 4)])
    assert found(report) == {}
    assert outcome(report, "arguments_matter") == "passed"


@register
class MoreWeights(keras.layers.Layer):
    """Its config forgets how many weights there are."""

    def __init__(self, count: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.count = count

    def build(self, input_shape: Any) -> None:
        self.scales = [self.add_weight(shape=(), initializer="ones", name=f"scale_{i}") for i in range(self.count)]
        super().build(input_shape)

    def call(self, x: Any) -> Any:
        for scale in self.scales:
            x = x * scale
        return x

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "count": 1}


def test_a_twin_with_fewer_weights_is_told_in_words() -> None:
    verdict = revived(Patient(MoreWeights(3), None, [numbers(2, 4)], {}))
    assert verdict.outcome == "failed"
    assert str(verdict.seen) == "The twin has 1 variables, the layer has 3."


@register
class Namesakes(keras.layers.Layer):
    """Two weights of one name, the second of which nothing reads."""

    def build(self, input_shape: Any) -> None:
        self.first = self.add_weight(shape=(1,), initializer="ones", name="w")
        self.second = self.add_weight(shape=(1,), initializer="ones", name="w")
        super().build(input_shape)

    def call(self, x: Any) -> Any:
        return x * self.first


def test_weights_of_one_name_are_told_apart() -> None:
    report = examine(Namesakes(), [numbers(2, 4)], select=["gradients"])
    seen = next(str(f.seen) for f in report.findings if f.check == "gradients")
    assert seen == "No gradient for w_2. The call never reads it."


class Pair(NamedTuple):
    lock: Any
    weight: Any


@pytest.mark.parametrize(
    "held",
    [
        lambda lock, w: {"lock": lock, "w": w},
        lambda lock, w: [lock, w],
        lambda lock, w: (lock, w),
        lambda lock, w: Pair(lock, w),
        lambda lock, w: {"deep": [lock, {"w": w}]},
    ],
)
def test_what_cannot_be_copied_shares_no_weight(held: Any) -> None:
    layer = keras.layers.Dense(3)
    layer.build((2, 4))
    layer.held = held(threading.Lock(), layer.kernel)
    copied = replica(layer)
    assert isinstance(layer.held, type(copied.held))  # TensorFlow wraps the tuples of a layer
    (weight,) = [leaf for leaf in keras.tree.flatten(copied.held) if isinstance(leaf, keras.Variable)]
    assert weight is copied.kernel and weight is not layer.kernel
    assert [v.shape for v in copied.variables] == [v.shape for v in layer.variables] and len(layer.variables) == 2


@register
class Masked(keras.layers.Layer):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, x: Any, mask: Any = None) -> Any:
        return x if mask is None else x * ops.cast(mask, x.dtype)[..., None]


def test_masked_numbers_stay_finite_in_float16() -> None:
    case = Case((np.full((2, 6, 3), 3e4, "float16"),), (np.arange(12).reshape(2, 6) % 6 < 4,))
    other = disturbed(case, 0)
    assert other is not None and np.isfinite(other.arrays[0]).all()
    assert (other.arrays[0] != case.arrays[0])[:, 4:].all() and (other.arrays[0] == case.arrays[0])[:, :4].all()
    big = (3e4 * np.ones((2, 6, 3))).astype("float16")
    patient = Patient(Masked(dtype="float16"), None, [big], {})
    assert changed_cell(Trials(patient), case, 0) is None


@register
class OnBehalf(keras.layers.Layer):
    """It fails in float16, with words that have "half" in them."""

    def call(self, x: Any) -> Any:
        if x.dtype == "float16":
            raise ValueError("On behalf of the first half of the channels: no.")
        return x


@register
class RefusesHalf(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        if x.dtype == "float16":
            raise ValueError("This layer does not take float16.")
        return x


def test_half_of_something_is_no_dtype() -> None:
    for layer, expected in ((OnBehalf(), "failed"), (RefusesHalf(), "by design")):
        report = examine(layer, [numbers(2, 4)], select=["dtype_policy"])
        assert outcome(report, "dtype_policy") == expected


@register
class Unpacks(keras.layers.Layer):
    """It needs a batch of two: a ValueError without a `raise` of its own."""

    def call(self, x: Any) -> Any:
        one, other = range(x.shape[0] or 0)
        return ops.stack([x[one], x[other]])


@register
class NeedsTwo(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        if x.shape[0] != 2:
            raise ValueError(f"Expected 2 rows. Received: {x.shape}")
        return x


def test_only_its_own_refusal_of_an_unknown_batch_is_meant() -> None:
    for layer, expected in ((Unpacks(), "failed"), (NeedsTwo(), "by design")):
        assert outcome(examine(layer, [numbers(2, 4)], select=["graph"]), "graph") == expected


class BagOfIds(keras.layers.Layer):
    """Counts masked ids in."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.embed = keras.layers.Embedding(10, 3)

    def call(self, x: Any, mask: Any = None) -> Any:
        return ops.mean(self.embed(x), axis=1)

    def compute_mask(self, x: Any, mask: Any = None) -> None:
        return None


def test_masked_ids_that_count_have_a_counterexample() -> None:
    report = examine(BagOfIds(), [np.random.default_rng(0).integers(0, 10, (2, 6))], select=["masked_steps"])
    (finding,) = [one for one in report.findings if one.check == "masked_steps"]
    assert finding.outcome == "failed"
    assert finding.counterexample is not None
    one, other = (call[0] for call in finding.counterexample.calls)
    assert one.mask == other.mask == (True, False)
    assert one.values[0] == other.values[0] and one.values[1] != other.values[1]


class KeepsKnownIds(keras.layers.Layer):
    """How many cells its output has depends on the numbers, and masked ids count."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, x: Any, mask: Any = None) -> Any:
        return x[x > 4]

    def compute_mask(self, x: Any, mask: Any = None) -> None:
        return None


def test_an_output_of_another_length_is_a_changed_one() -> None:
    x = np.array([[7, 8, 9, 1, 2, 3]])
    assert outcome(examine(KeepsKnownIds(), [x], select=["masked_steps"]), "masked_steps") == "failed"
