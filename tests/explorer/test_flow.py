"""A trace as a graph: names folded into values, what remains are the operations, and none is lost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from node_tests import assert_passes

import layers
from explorer import Experiment, run
from explorer.analysis.flow import Flow, flow_of
from explorer.core.catalog.derive import derived_cards
from explorer.core.tracing.record import trace_layer
from explorer.engine import codec
from explorer.model.trace import Frame, Step, Trace
from explorer.stage.frames import pack_frames

MODULES = Path(__file__).parent / "stage" / "js" / "flow"


def steps_of(frames: tuple[Frame, ...]) -> Iterator[Step]:
    for frame in frames:
        yield from frame.steps
        yield from steps_of(frame.children)


def kinds(flow: Flow) -> list[str]:
    return [one.step.operation.rpartition(".")[2] for one in flow.operations if one.needed]


def told(flow: Flow) -> Any:
    """All that a flow says, with arrays as bytes."""
    values = [([t.id for t in one.tensors], one.names, one.maker, one.uses) for one in flow.values]
    operations = [(one.at, one.step.text, one.operands, one.results, one.turns, one.needed) for one in flow.operations]
    return values, operations, flow.inputs, flow.masks, flow.weights, flow.outputs, flow.numbers


def called(call: Any, *arrays: np.ndarray) -> Flow:
    """The flow of a layer whose `call` is that function."""
    layer = type("Layer", (keras.layers.Layer,), {"call": call})()
    return flow_of(trace_layer(layer, list(arrays)))


def test_attention_is_six_operations_from_its_input_to_its_context() -> None:
    flow = flow_of(run(Experiment("attention")))
    assert kinds(flow) == ["matmul", "add", "tanh", "softmax", "multiply", "sum"]
    product, scored, squashed, alpha, weighted, context = (one.results[0] for one in flow.operations)
    (x,), (weight, bias) = flow.inputs, flow.weights
    assert [one.operands for one in flow.operations] == [
        (x, weight), (product, bias), (scored,), (squashed,), (x, alpha), (weighted,)
    ]  # fmt: skip
    assert flow.outputs == (context,)
    assert flow.values[alpha].names == ("alpha",) and flow.values[x].uses == (0, 4)
    assert flow.values[squashed].tensors[-1].value.shape == (2, 5), "the squeeze is another shape of the same tensor"
    assert all(flow.values[one].maker is None for one in (x, weight, bias))


def test_a_recurrent_layer_s_turns_are_counted_and_its_trial_step_is_not_needed() -> None:
    flow = flow_of(run(Experiment("keras.layers.LSTM")))
    steps = flow.values[flow.inputs[0]].tensors[0].value.shape[1]
    products = [one for one in flow.operations if one.step.operation == "keras.ops.matmul"]
    assert [one.needed for one in products] == [False, False] + [True] * 2 * steps
    turns = [one.turns for one in products[2:]]
    (loop,) = {pairs[0][0] for pairs in turns}
    assert turns == [((loop, turn),) for turn in range(steps) for _ in range(2)]
    states = [one.results[0] for one in flow.operations if one.needed and "h" in flow.values[one.results[0]].names]
    assert len(states) == steps
    assert [one.operands[0] for one in products[3::2]] == [products[1].operands[0], *states[:-1]], "h is carried on"


def test_lines_of_a_loop_in_call_are_its_turns() -> None:
    def call(self: Any, x: Any) -> Any:
        for factor in (2.0, 3.0, 4.0):
            x = x * factor
        return keras.ops.sum(x)

    flow = called(call, np.ones((2, 3), "float32"))
    assert [[turn for _, turn in one.turns] for one in flow.operations] == [[0], [1], [2], []]


def test_what_computes_the_same_cells_is_still_an_operation() -> None:
    def call(self: Any, x: Any) -> Any:
        y = x + 0.0
        z = keras.ops.transpose(y)
        return keras.ops.reshape(z, (-1,))

    flow = called(call, np.ones((3, 3), "float32"))
    assert kinds(flow) == ["+", "transpose", "reshape"]


def test_two_states_of_equal_cells_are_two_values() -> None:
    def call(self: Any, x: Any) -> Any:
        h = keras.ops.zeros((2, 3))
        c = keras.ops.zeros((2, 3))
        one, other = h, c
        return one + x, other - x

    flow = called(call, np.ones((2, 3), "float32"))
    plus, minus = flow.operations[-2:]
    assert flow.values[plus.operands[0]].names == ("h", "one") and flow.values[minus.operands[0]].names == (
        "c",
        "other",
    )


def test_a_cast_that_changes_cells_is_an_operation_and_one_that_does_not_is_a_name() -> None:
    def call(self: Any, x: Any) -> Any:
        wide = keras.ops.cast(x, "float64")
        return keras.ops.cast(wide, "int32")

    flow = called(call, np.array([[0.5, 1.5]], "float32"))
    assert kinds(flow) == ["cast"]
    assert flow.values[flow.inputs[0]].names == ("wide",)


def test_a_tensor_given_twice_is_used_once() -> None:
    flow = called(lambda self, x: x * x, np.ones((2, 2), "float32"))
    (product,) = flow.operations
    assert product.operands == (0, 0) and flow.values[0].uses == (0,)


def test_what_leads_nowhere_is_told_apart() -> None:
    def call(self: Any, x: Any) -> Any:
        keras.ops.exp(x)
        return keras.ops.tanh(x)

    flow = called(call, np.ones((2,), "float32"))
    assert [(one.step.operation, one.needed) for one in flow.operations] == [
        ("keras.ops.exp", False), ("keras.ops.tanh", True)
    ]  # fmt: skip


def test_a_call_without_a_recorded_step_is_one_operation() -> None:
    trace = run(Experiment("linear"))
    unseen = Trace(trace.layer, trace.inputs, trace.weights, trace.outputs)
    (operation,) = flow_of(unseen).operations
    assert (operation.step.operation, operation.at) == (trace.layer, "")
    assert operation.operands == (0, 1, 2) and operation.results == (3,)


@pytest.fixture(scope="module")
def opened() -> dict[str, Trace]:
    """The call of every layer that opens."""
    cards = {**layers.catalogue(), **derived_cards()}
    return {name: run(Experiment(name)) for name, card in cards.items() if not card.symbolic}


def test_the_flow_of_every_layer_that_opens_loses_nothing_and_draws_nothing_twice(opened: dict[str, Trace]) -> None:
    assert len(opened) > 140
    for name, trace in opened.items():
        flow = flow_of(trace)
        reply = codec.pack(trace)
        assert told(flow_of(codec.unpack(Trace, *reply))) == told(flow), f"{name}: over a wire"
        recorded = [step for step in steps_of(trace.frames) if step.values]
        ids = {tensor.id for step in recorded for tensor in step.values} | {tensor.id for tensor in trace.outputs}
        given = {t.id for part in (trace.inputs, trace.mask, trace.weights, trace.others) for t in part}
        folded = Counter(tensor.id for value in flow.values for tensor in value.tensors)
        assert folded == Counter(ids | given), f"{name}: every recorded tensor is in one value"
        made = Counter(number for one in flow.operations for number in one.results)
        assert set(made.values()) <= {1}, f"{name}: a value has one maker"
        for number, operation in enumerate(flow.operations):
            assert all(flow.values[one].maker == number for one in operation.results), name
            makers = [flow.values[one].maker for one in operation.operands]
            assert all(maker is None or maker < number for maker in makers), f"{name}: in order"
            assert all(number in flow.values[one].uses for one in operation.operands), name
        for value in flow.values:
            first, *others = (
                t.value.ravel().astype("U" if t.value.dtype.kind in "UO" else "f8") for t in value.tensors
            )
            for other in others:
                np.testing.assert_array_equal(first, other, err_msg=f"{name}: names of one tensor")
        used = {number for one in flow.operations if one.needed for number in one.operands}
        drawn = {number for one in flow.operations if one.needed for number in one.results}
        beside = {number for one in flow.operations if len(one.results) > 1 for number in one.results}
        assert drawn <= used | set(flow.outputs) | beside, f"{name}: what is needed is used"


@pytest.mark.parametrize("backwards", [False, True])
def test_what_a_recurrent_layer_gathers_is_a_stack_of_its_steps(backwards: bool) -> None:
    """Keras puts the outputs of the time steps together in code that is not recorded."""
    trace = run(
        Experiment("keras.layers.LSTM", params={"units": 2, "return_sequences": True, "go_backwards": backwards})
    )
    flow = flow_of(trace)
    maker = flow.values[flow.outputs[0]].maker
    assert maker is not None
    stack = flow.operations[maker]
    assert stack.step.operation == "stack" and stack.needed
    parts = [flow.values[number].tensors[0].value for number in stack.operands]
    np.testing.assert_array_equal(np.stack(parts, axis=1), trace.outputs[0].value)
    assert sum(operation.needed for operation in flow.operations) > 60


def products(trace: Trace, subscripts: str) -> list[list[list[float]]]:
    """For each cell of a product of the input with the other operand the factors that are summed, by NumPy."""
    others = trace.weights or trace.inputs[1:]
    left, right = trace.inputs[0].value, others[0].value
    read, _, out = subscripts.partition("->")
    summed = next(one for one in read if one in read.partition(",")[2] and one not in out)
    one, other = read.split(",")
    lefts = np.einsum(f"{one},{other}->{out}{summed}", left, np.ones_like(right))
    rights = np.einsum(f"{one},{other}->{out}{summed}", np.ones_like(left), right)
    pairs = np.stack([lefts, rights], -1)
    found: list[list[list[float]]] = pairs.reshape(-1, *pairs.shape[-2:]).tolist()
    return found


def moved(*arrays: np.ndarray, by: Any) -> list[list[int] | None]:
    """Where each cell of what a function makes of arrays was before: array and cell; None where it was nowhere."""
    sizes = np.cumsum([0, *(one.size for one in arrays)])
    numbered = [np.arange(one.size).reshape(one.shape) + start + 1 for one, start in zip(arrays, sizes, strict=False)]
    cells = by(*numbered).ravel() - 1
    sources = np.searchsorted(sizes, cells, side="right") - 1
    return [[int(s), int(c - sizes[s])] if c >= 0 else None for s, c in zip(sources, cells, strict=True)]


def overlays(opened: dict[str, Trace]) -> dict[str, Any]:
    """What products, moves and masks of some layers must be, by NumPy."""
    subscripts = {
        "keras.layers.Dense": "ab,bc->ac",
        "keras.layers.EinsumDense": "abc,cd->abd",
        "matmul": "ab,bc->ac",
        "attention": "abc,cd->abd",
        "keras.layers.Dot": "ab,ab->a",
    }
    ways = {
        "Permute": lambda x: x.transpose(0, 2, 1),
        "Flatten": lambda x: x.transpose(0, *range(1, x.ndim)).reshape(len(x), -1),
        "Reshape": lambda x: x,
        "ZeroPadding2D": lambda x: np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))),
        "Concatenate": lambda a, b: np.concatenate([a, b], -1),
        "Cropping1D": lambda x: x[:, 1:-1],
        "UpSampling2D": lambda x: x.repeat(2, 1).repeat(2, 2),
        "RepeatVector": lambda x: np.stack([x] * 3, 1),
    }
    kept = opened["keras.layers.Masking"].inputs[0].value
    grid = opened["center_zero"]
    return {
        "products": {name: products(opened[name], text) for name, text in subscripts.items()},
        "moves": {
            f"keras.layers.{name}": moved(*(t.value for t in opened[f"keras.layers.{name}"].inputs), by=way)
            for name, way in ways.items()
        },
        "masks": {
            "center_zero": {
                "mask": "mask",
                "acts": "grid",
                "out": np.flatnonzero(grid.outputs[0].value != grid.inputs[0].value).tolist(),
                "born": "flow.masks.given mask=mask",
            },
            "keras.layers.Masking": {
                "mask": "boolean_mask",
                "acts": "x",
                "out": np.flatnonzero(np.repeat((kept == 0).all(-1), kept.shape[-1])).tolist(),
                "born": "flow.masks.born mask=boolean_mask; source=ops.not_equal(",
            },
        },
    }


@pytest.fixture(scope="module")
def messages(opened: dict[str, Trace], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the browser is sent for every layer that opens, NAME.bin, and what NumPy makes of some."""
    folder = tmp_path_factory.mktemp("messages")
    for name, trace in opened.items():
        (folder / f"{name}.bin").write_bytes(pack_frames(trace, {}, {}))
    (folder / "overlays.json").write_text(json.dumps(overlays(opened)))
    return folder


@pytest.mark.parametrize("path", sorted(MODULES.glob("*.test.mjs")), ids=lambda path: path.name)
def test_modules_of_the_flow(path: Path, messages: Path) -> None:
    assert_passes(path, FLOW_MESSAGES=messages)
