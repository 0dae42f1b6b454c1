"""What a recurrent layer computes turn by turn, against the same layers written out in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from explorer import Experiment, run
from explorer.analysis.gates import cuts
from explorer.analysis.loops import repeats
from explorer.analysis.time_steps import Turns, turns
from explorer.experiment.recipes import Recipe
from explorer.model.trace import Frame, Operand, Step, Tensor, Trace

CLOSE = {"rtol": 1e-5, "atol": 1e-6}


def traced(
    layer: str, shape: tuple[int, ...] = (2, 5, 4), training: bool = False, mask: Any = None, **params: Any
) -> Trace:
    recipe = Recipe.from_json({"kind": "normal", "shape": list(shape)})
    return run(Experiment(layer, params, (recipe,), seed=3, training=training, mask=mask))


def values(loop: Turns) -> dict[str, np.ndarray]:
    return {value.tensor.name: value.tensor.value for value in loop.values}


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def lstm(
    x: np.ndarray, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray, keep: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Every gate and state over time, (batch, time, units); masked steps leave the state as it is."""
    units = len(recurrent)
    h = c = np.zeros((len(x), units))
    told: dict[str, list[np.ndarray]] = {name: [] for name in ("i", "f", "c~", "o", "c", "h")}
    for step in range(x.shape[1]):
        z = x[:, step] @ kernel + h @ recurrent + bias
        i, f, o = (sigmoid(z[:, k * units : (k + 1) * units]) for k in (0, 1, 3))
        candidate = np.tanh(z[:, 2 * units : 3 * units])
        new_c = f * c + i * candidate
        new_h = o * np.tanh(new_c)
        for name, value in zip(told, (i, f, candidate, o, new_c, new_h), strict=True):
            told[name].append(value)
        there = np.ones((len(x), 1), bool) if keep is None else keep[:, step, None]
        h, c = np.where(there, new_h, h), np.where(there, new_c, c)
    return {name: np.stack(steps, 1) for name, steps in told.items()}


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_an_lstm_has_its_gates_and_states_over_time(backwards: bool, dropout: float) -> None:
    params = {"units": 3, "return_sequences": True, "go_backwards": backwards, "recurrent_dropout": dropout}
    trace = traced("keras.layers.LSTM", **params)  # with dropout another implementation, which cuts the kernels first
    (loop,) = turns(trace)
    assert (loop.count, loop.axis, loop.backwards, loop.rehearsed) == (5, "time", backwards, True)
    x = trace.inputs[0].value
    expected = lstm(x[:, ::-1] if backwards else x, *(weight.value for weight in trace.weights))
    found = values(loop)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value[:, ::-1] if backwards else value, **CLOSE)
    output = trace.outputs[0].value
    np.testing.assert_array_equal(found["h"], output[:, ::-1] if backwards else output)
    kinds = {value.tensor.name: value.kind for value in loop.values}
    assert [name for name, kind in kinds.items() if kind == "gate"] == ["i", "f", "c~", "o"]
    assert {name for name, kind in kinds.items() if kind == "state"} == {"c", "h"}
    scales = {value.tensor.name: value.tensor.scale for value in loop.values}
    assert [scales[name] for name in ("i", "f", "o", "c~", "c")] == ["probability"] * 3 + ["signed"] * 2
    axes = {value.tensor.axes for value in loop.values if value.kind != "value"}
    assert axes == {("batch", "time", "units")}


def test_at_masked_steps_the_cell_computes_and_the_state_stays() -> None:
    trace = traced("keras.layers.LSTM", units=3, mask={"kind": "last", "count": 2}, return_sequences=True)
    (loop,) = turns(trace)
    keep = trace.mask[0].value
    assert not keep[:, 3:].any() and keep[:, :3].all()
    expected = lstm(trace.inputs[0].value, *(weight.value for weight in trace.weights), keep=keep)
    for name, value in expected.items():
        np.testing.assert_allclose(values(loop)[name], value, **CLOSE)


def test_kernels_are_cut_where_the_call_cuts_and_named_after_the_gates() -> None:
    trace = traced("keras.layers.LSTM", units=3)
    found = cuts(trace)
    assert [cut.weight.name for cut in found] == [weight.name for weight in trace.weights]
    for cut in found:
        assert [part.name.split(" · ")[1] for part in cut.parts] == ["i", "f", "c~", "o"]
        np.testing.assert_array_equal(np.concatenate([part.value for part in cut.parts], -1), cut.weight.value)
    (loop,) = turns(trace)
    parts = {part.name: part.value for cut in found for part in cut.parts}
    x, before = trace.inputs[0].value, values(loop)["h_tm1"]
    for gate, function in (("i", sigmoid), ("f", sigmoid), ("c~", np.tanh), ("o", sigmoid)):  # each part makes its gate
        z = x @ parts[f"kernel · {gate}"] + before @ parts[f"recurrent_kernel · {gate}"] + parts[f"bias · {gate}"]
        np.testing.assert_allclose(values(loop)[gate], function(z), **CLOSE)


@pytest.mark.parametrize("reset_after", [True, False])
def test_a_gru_has_its_gates_and_its_kernels_by_gate(reset_after: bool) -> None:
    trace = traced("keras.layers.GRU", units=3, reset_after=reset_after, return_sequences=True)
    (loop,) = turns(trace)
    found = values(loop)
    kernel, recurrent, bias = (weight.value for weight in trace.weights)
    into, back = bias if reset_after else (bias, np.zeros(9))
    h, told = np.zeros((2, 3)), []
    for step in range(5):
        one, two = trace.inputs[0].value[:, step] @ kernel + into, h @ recurrent + back
        z, r = sigmoid(one[:, :3] + two[:, :3]), sigmoid(one[:, 3:6] + two[:, 3:6])
        hh = np.tanh(one[:, 6:] + (r * two[:, 6:] if reset_after else (r * h) @ recurrent[:, 6:]))
        h = z * h + (1 - z) * hh
        told.append((z, r, hh, h))
    for name, steps in zip(("z", "r", "hh", "h"), zip(*told, strict=True), strict=True):
        np.testing.assert_allclose(found[name], np.stack(steps, 1), **CLOSE)
    names = {cut.weight.name.split("/")[-1]: [part.name.split(" · ")[1] for part in cut.parts] for cut in cuts(trace)}
    assert names["kernel"] == names["bias"] == ["z", "r", "hh"]
    assert names["recurrent_kernel"] == (["z", "r", "hh"] if reset_after else ["z, r", "hh"])


def test_a_cell_that_nobody_knows_is_read_in_the_same_way() -> None:
    trace = traced("simple_cell", units=4, return_sequences=True)
    (loop,) = turns(trace)
    assert (loop.count, loop.axis, loop.rehearsed) == (5, "time", True)
    np.testing.assert_array_equal(values(loop)["state"], trace.outputs[0].value)
    x, kernel = trace.inputs[0].value, trace.weights[0].value
    np.testing.assert_allclose(values(loop)["from_input"], x @ kernel, **CLOSE)
    assert {value.tensor.name for value in loop.values if value.kind == "state"} == {"state"}
    assert cuts(trace) == ()


def test_both_directions_of_a_bidirectional_layer_are_in_the_order_of_the_sequence() -> None:
    trace = traced("keras.layers.Bidirectional")
    forward, backward = turns(trace)
    assert (forward.backwards, backward.backwards) == (False, True)
    assert forward.axis == backward.axis == "time" and forward.count == backward.count == 5
    x, weights = trace.inputs[0].value, [weight.value for weight in trace.weights]
    np.testing.assert_allclose(values(forward)["i"], lstm(x, *weights[:3])["i"], **CLOSE)
    np.testing.assert_allclose(values(backward)["i"], lstm(x[:, ::-1], *weights[3:])["i"][:, ::-1], **CLOSE)


def test_many_steps_are_all_there() -> None:
    trace = traced("keras.layers.SimpleRNN", (1, 40, 2), units=2, return_sequences=True)
    (loop,) = turns(trace)
    np.testing.assert_array_equal(values(loop)["output"], trace.outputs[0].value)


@pytest.mark.parametrize("layer", ["attention", "keras.layers.MultiHeadAttention", "keras.layers.Dense"])
def test_sub_layers_at_different_places_are_no_turns(layer: str) -> None:
    trace = run(Experiment(layer))
    assert turns(trace) == () and not repeats(trace)


def step(name: str, value: np.ndarray, number: int, *given: str, line: int = 2, operation: str = "+") -> Step:
    made = Tensor(f"step:{number}", name, "intermediate", value, str(value.dtype))
    return Step(line, 4, line, 9, "a + b", name, (made,), operation, tuple(Operand("", (one,)) for one in given))


def test_lines_of_a_loop_are_turns_and_a_changing_shape_is_not_stacked() -> None:
    x = Tensor("input:0", "x", "input", np.ones((2, 3)), "float64", ("batch", "features"))
    steps = [step("a", np.full((2, 3), float(k)), k, "input:0") for k in range(4)]
    odd = [step("b", np.ones((2, k + 1)), 10 + k, line=3) for k in range(4)]
    once = [step("c", np.ones((2, 3)), 20, line=4)]
    trace = Trace("L", inputs=(x,), frames=(Frame("L.call", "", 1, (*steps, *odd, *once)),))
    (loop,) = turns(trace)
    assert repeats(trace) and (loop.function, loop.count, loop.axis, loop.rehearsed) == ("L.call", 4, "turn", False)
    (stacked,) = loop.values
    assert stacked.tensor.name == "a" and stacked.tensor.value.shape == (2, 4, 3)
    np.testing.assert_array_equal(stacked.tensor.value[0, :, 0], [0, 1, 2, 3])


def test_a_turn_whose_recording_was_cut_short_is_left_out() -> None:
    x = Tensor("input:0", "x", "input", np.ones((2, 3)), "float64", ("batch", "features"))

    def turn(k: int) -> Frame:
        """A cell that takes what the turn before it gave; of the last one only the first line was recorded."""
        a = step("a", np.full((2, 3), k + 0.5), 2 * k)
        b = step("b", np.full((2, 3), -k - 1.0), 2 * k + 1, f"step:{2 * k - 2}", line=3)
        return Frame("L.cell", "", 1, (a,) if k == 3 else (a, b))

    (loop,) = turns(Trace("L", inputs=(x,), frames=(Frame("L.call", "", 1, (), tuple(map(turn, range(4)))),)))
    assert loop.count == 3 and [value.tensor.name for value in loop.values] == ["a", "b"]
