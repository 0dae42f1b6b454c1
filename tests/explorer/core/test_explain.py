"""Keras's and TensorFlow's messages become Problems that name the two numbers, and repairs that fix."""

from __future__ import annotations

import dataclasses
import json
import linecache
import os
from collections.abc import Mapping
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest

from explorer.core.catalog.cards import find_card
from explorer.core.error_messages import explained
from explorer.core.run import run
from explorer.core.tracing.record import trace_layer
from explorer.engine import codec
from explorer.experiment import Experiment, Following
from explorer.experiment.recipes import Recipe, default_recipe
from explorer.model.problem import Problem
from layers.card import Card


def ones(*shape: int, **options: Any) -> dict[str, Any]:
    return {"kind": "ones", "shape": list(shape), **options}


def typed(*values: Any) -> dict[str, Any]:
    return {"kind": "typed", "shape": [len(values)], "values": list(values)}


def mended(experiment: Experiment, change: Mapping[str, Any]) -> Experiment:
    parts = experiment.to_json()
    for name, value in change.items():
        part, _, key = name.partition(".")
        parts[part] = {**parts.get(part, {}), key: value} if key else value
    return Experiment.from_json(parts)


CASES: list[tuple[str, dict[str, Any], list[dict[str, Any]], str, str]] = [
    ("Conv2D", {"kernel_size": [5, 3]}, [ones(1, 2, 8, 3)], "<= 2 (1, 2, 8, 3)", "5 (5, 3)"),
    ("Conv2D", {"kernel_size": [3, 3], "dilation_rate": [4, 4]}, [ones(1, 8, 9, 3)], "<= 8 (1, 8, 9, 3)", "9 (3, 3)"),
    ("Conv1D", {"kernel_size": 9}, [ones(1, 4, 3)], "<= 4 (1, 4, 3)", "9 (9)"),
    ("Conv3D", {"kernel_size": [1, 9, 1]}, [ones(1, 4, 4, 4, 1)], "<= 4", "9 (1, 9, 1)"),
    ("max_pooling", {}, [ones(1, 1, 4, 1)], "<= 1", "2"),
    ("Conv2D", {"groups": 2}, [ones(1, 8, 8, 3)], "2 × n", "3"),
    ("GroupNormalization", {"groups": 3}, [ones(2, 3, 3, 4)], "3 × n", "4"),
    ("Add", {}, [ones(3, 4), ones(3, 5)], "(4,)", "(5,)"),
    ("Add", {}, [ones(3, 4), ones(2, 4)], "(3, 4)", "(2, 4)"),
    ("Concatenate", {}, [ones(3, 4), ones(2, 4)], "(3, 4)", "(2, 4)"),
    ("Dot", {}, [ones(3, 4), ones(3, 5)], "4", "5"),
    ("Attention", {}, [ones(2, 4, 6), ones(2, 5, 7)], "6 ← [", "7 ← ["),
    ("MultiHeadAttention", {}, [ones(2, 4, 6), ones(3, 5, 6)], "2", "3 [3,5,2,4]"),
    ("Dense", {}, [ones()], ">= 2", "0 ()"),
    ("LSTM", {}, [ones(2, 3)], "3", "2 (2, 3)"),
    ("linear", {"input_dim": 3}, [ones(2, 2)], "3", "2"),
    ("Reshape", {"target_shape": [5]}, [ones(2, 6)], "unchanged", "target_shape=(5,)"),
    ("my_multi_layer", {}, [ones(2, 3), ones(3, 3)], "(2, 4)", "(3, 3)"),
]


@pytest.mark.parametrize(("layer", "params", "inputs", "expected", "received"), CASES)
def test_the_two_sides_are_named_and_the_repairs_mend(
    layer: str, params: dict[str, Any], inputs: Any, expected: str, received: str
) -> None:
    experiment = Experiment(layer if layer.islower() else f"keras.layers.{layer}", params, inputs)
    with pytest.raises(Problem) as caught:
        run(experiment)
    problem = caught.value
    assert expected in problem.expected and received in problem.received
    assert "\x1b" not in problem.detail and "Error: " in problem.detail and problem.where == "inputs.0"
    changes: dict[str, Any] = {}
    for repair in problem.repairs:
        assert str(repair.label)
        changes |= repair.change
    assert "inputs" in changes
    run(mended(experiment, changes))


def test_a_broadcast_names_the_axis() -> None:
    with pytest.raises(Problem) as caught:
        run(Experiment("keras.layers.Add", inputs=(ones(3, 4), ones(3, 5))))  # type: ignore[arg-type]
    assert "4 ≠ 5" in str(caught.value.what)


def test_a_token_outside_the_vocabulary_offers_a_larger_one() -> None:
    experiment = Experiment("keras.layers.Embedding", inputs=(typed(0, 99, 1),))  # type: ignore[arg-type]
    with pytest.raises(Problem) as caught:
        run(experiment)
    assert caught.value.received == "99" and "cell 1" in str(caught.value.what)
    repair = caught.value.repairs[0]
    assert repair.change == {"params.input_dim": 100}
    assert run(mended(experiment, repair.change)).tensor("weight:embeddings").value.shape[0] == 100


def test_no_vocabulary_is_offered_that_the_form_refuses() -> None:
    experiment = Experiment("keras.layers.Embedding", inputs=(typed(2**31 - 1),))  # type: ignore[arg-type]
    with pytest.raises(Problem) as caught:
        run(experiment)
    assert all("params.input_dim" not in repair.change for repair in caught.value.repairs)


@pytest.mark.parametrize("layer", ["LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "GRUCell"])
def test_bfloat16_and_the_orthogonal_initializer(layer: str) -> None:
    experiment = Experiment(f"keras.layers.{layer}", dtype="bfloat16")
    with pytest.raises(Problem) as caught:
        run(experiment)
    problem = caught.value
    assert str(problem.what) == "The orthogonal initializer cannot make weights of dtype bfloat16."
    assert problem.received == "bfloat16" and "float32" in problem.expected and problem.where == "dtype"
    first, second = problem.repairs[:2]
    assert first.change == {"dtype": "float32"} and second.change == {"params.recurrent_initializer": "glorot_uniform"}
    run(mended(experiment, first.change))
    assert run(mended(experiment, second.change)).outputs[0].dtype == "bfloat16"


@pytest.mark.parametrize(
    ("layer", "dtype"),
    [
        ("MaxPooling3D", "float64"),
        ("AveragePooling3D", "float16"),
        ("CategoryEncoding", "bfloat16"),
        ("Bidirectional", "bfloat16"),
        ("MelSpectrogram", "float64"),
        ("STFTSpectrogram", "bfloat16"),
    ],
)
def test_a_dtype_that_an_operation_lacks_offers_another(layer: str, dtype: str) -> None:
    experiment = Experiment(f"keras.layers.{layer}", dtype=dtype)
    with pytest.raises(Problem) as caught:
        run(experiment)
    assert caught.value.expected or caught.value.received
    run(mended(experiment, caught.value.repairs[0].change))


def test_a_dtype_is_named_as_keras_names_it() -> None:
    with pytest.raises(Problem) as caught:
        run(Experiment("keras.layers.MaxPooling3D", dtype="float64"))
    assert "dtype float64" in str(caught.value.what) and caught.value.received == "float64"


@pytest.mark.parametrize("message", ["OOM when allocating tensor with shape[9,9]", "ResourceExhaustedError: no"])
def test_too_little_memory(message: str) -> None:
    problem = explained(RuntimeError(f"\x1b[1m{message}\x1b[0m"), find_card("linear"), Experiment("linear"), [])
    assert "memory" in str(problem.what) and problem.detail == f"RuntimeError: {message}"


def test_a_message_that_nobody_knows_shows_the_shapes() -> None:
    problem = explained(ValueError("hm"), find_card("linear"), Experiment("linear"), [np.ones((2, 3))])
    assert problem.received == "(2, 3)" and problem.detail == "ValueError: hm" and problem.repairs == ()


def test_a_mask_can_be_dropped() -> None:
    experiment = Experiment("linear", mask={"kind": "last"})
    problem = explained(ValueError("hm"), find_card("linear"), experiment, [])
    assert [repair.change for repair in problem.repairs] == [{"mask": None}]


def test_the_usual_inputs_are_offered_to_who_has_others() -> None:
    card = find_card("linear")
    usual = tuple(default_recipe(spec) for spec in card.inputs)
    assert explained(ValueError("hm"), card, Experiment("linear", inputs=usual), []).repairs == ()
    others = tuple(dataclasses.replace(recipe, shape=(3, *recipe.shape[1:])) for recipe in usual)
    (repair,) = explained(ValueError("hm"), card, Experiment("linear", inputs=others), []).repairs
    assert repair.change == {"inputs": [], "edits": []}


class Forgetful(keras.layers.Layer):
    """What a reader may write."""

    def __init__(self, size: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = size

    def call(self, x: Any) -> Any:
        y = keras.ops.multiply(x, 2.0)
        y[:, 0] = 0.0
        return keras.ops.matmul(y, keras.ops.ones((self.size, 2)))


class Narrow(Forgetful):
    """Multiplies by a matrix of a fixed number of rows."""

    def call(self, x: Any) -> Any:
        return self.project(x)

    def project(self, x: Any) -> Any:
        return keras.ops.matmul(x, keras.ops.ones((self.size, 2)))


def card_of(layer_class: type) -> Card:
    return dataclasses.replace(
        find_card("linear"), id="typed", layer=f"{__name__}:{layer_class.__name__}", fields=(), tensors=()
    )


@pytest.mark.parametrize("traced", [True, False])
def test_a_known_mistake_says_why_where_and_how_to_mend_it(traced: bool) -> None:
    layer, failed = Forgetful(), []
    with pytest.raises(Exception, match="item assignment") as caught:
        trace_layer(layer, [np.ones((2, 3), "float32")], on_failure=failed.append) if traced else layer(np.ones((2, 3)))
    problem = explained(caught.value, card_of(Forgetful), Experiment("linear"), [np.ones((2, 3))], *failed)
    assert str(problem.what) == "A cell of a tensor is set, or deleted, as if it were an array."
    assert str(problem.place).startswith("test_explain.py:") and str(problem.place).endswith("  y[:, 0] = 0.0")
    line = problem.place.line
    assert linecache.getline(__file__, line).strip() == "y[:, 0] = 0.0"
    assert problem.why is not None and "never changes" in str(problem.why)
    assert any("keras.ops.where" in str(fix.what) for fix in problem.fixes) and "item assignment" in problem.detail
    meta, arrays = codec.pack(problem)
    received = codec.unpack(Problem, json.loads(json.dumps(meta)), arrays)
    assert (received.place, str(received.why)) == (problem.place, str(problem.why))
    assert [str(fix.what) for fix in received.fixes] == [str(fix.what) for fix in problem.fixes]


@pytest.mark.parametrize("traced", [True, False])
def test_shapes_that_clash_in_a_helper_name_its_line(traced: bool) -> None:
    layer = Narrow()
    with pytest.raises(Exception, match="Matrix size") as caught:
        trace_layer(layer, [np.ones((2, 4), "float32")]) if traced else layer(np.ones((2, 4)))
    problem = explained(caught.value, card_of(Narrow), Experiment("linear"), [np.ones((2, 4))])
    assert (problem.expected, problem.received) == ("4 ← [2,4]", "3 ← [3,2]")
    assert str(problem.place).endswith("  return keras.ops.matmul(x, keras.ops.ones((self.size, 2)))")


def test_a_problem_of_keras_own_layer_blames_no_line() -> None:
    with pytest.raises(Problem) as caught:
        run(Experiment("keras.layers.Add", inputs=(ones(3, 4), ones(3, 5))))  # type: ignore[arg-type]
    assert caught.value.place is None and caught.value.why is None and caught.value.fixes == ()


def test_a_catalogue_layer_names_the_line_that_met_the_input() -> None:
    with pytest.raises(Problem) as caught:
        run(Experiment("my_multi_layer", inputs=(ones(2, 3), ones(3, 3))))  # type: ignore[arg-type]
    assert str(caught.value.place).startswith("my_multi_layer.py:")


@pytest.mark.parametrize("then", [(), (Following("keras.layers.Dense"),)])
def test_a_parameter_and_an_axis_that_must_agree_are_mended_from_either_side(then: tuple[Following, ...]) -> None:
    experiment = Experiment("linear", {"input_dim": 3}, then=then)
    with pytest.raises(Problem) as caught:
        run(experiment)
    first, second = caught.value.repairs[:2]
    assert first.change == {"params.input_dim": 2}
    assert second.change == {"inputs": [{"kind": "ones", "shape": [2, 3]}]}
    assert run(experiment.change(params={"input_dim": 2})).outputs[0].value.shape[0] == 2
    assert run(experiment.change(inputs=(Recipe("ones", (2, 3)),))).outputs[0].value.shape[0] == 2


def test_nothing_is_offered_that_does_not_help() -> None:
    with pytest.raises(Problem) as caught:
        run(Experiment("keras.layers.GroupNormalization", {"groups": 3}))
    tried = [repair.change["params.groups"] for repair in caught.value.repairs if "params.groups" in repair.change]
    assert tried and all(run(Experiment("keras.layers.GroupNormalization", {"groups": size})) for size in tried)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("Conv2D", [1, 3, 12, 12]),
        ("Conv2DTranspose", [1, 3, 8, 8]),
        ("ConvLSTM1D", [1, 3, 12, 12]),
        ("STFTSpectrogram", [1, 1, 512]),
    ],
)
def test_channels_first_is_refused_with_its_reason_and_its_mend(name: str, shape: list[int]) -> None:
    """Elsewhere such a layer may show memory that nobody wrote; here it gives no numbers at all."""
    recipe: Any = {"kind": "normal", "shape": shape}
    with pytest.raises(Problem, match="channels last only") as caught:
        run(Experiment(f"keras.layers.{name}", {"data_format": "channels_first"}, inputs=[recipe]))
    problem = caught.value
    assert (problem.expected, problem.received) == ("channels_last", "channels_first")
    assert problem.repairs[0].change == {"params.data_format": "channels_last"}
