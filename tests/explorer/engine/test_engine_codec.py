import dataclasses
import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import layers
from explorer.engine import codec
from explorer.engine.codec import sizes
from explorer.engine.transport import wire
from explorer.model.problem import Problem, Repair
from explorer.model.trace import Check, Frame, Message, Operand, Step, Tensor, Trace
from explorer.model.training_step import TrainingStep, WeightStep
from layers.card import Card, Example, Field, Input


def tensor(tensor_id: str, value: object, role: str = "intermediate", name: str = "", **more: object) -> Tensor:
    array = np.asarray(value)
    return Tensor(tensor_id, name or tensor_id.partition(":")[2], role, array, str(array.dtype), **more)


def step(line: int, text: str, target: str, *values: Tensor) -> Step:
    return Step(line, 4, line, 4 + len(text), text, target, values)


def travelled(trace: Trace) -> Trace:
    return codec.trace_from_meta(*wire.decode(wire.encode(*codec.trace_to_meta(trace))))


def assert_same(left: object, right: object) -> None:
    """Equal in every field, arrays by their cells (NaN equals NaN)."""
    if dataclasses.is_dataclass(left):
        assert type(left) is type(right)
        for field in dataclasses.fields(left):
            assert_same(getattr(left, field.name), getattr(right, field.name))
    elif isinstance(left, np.ndarray):
        assert (left.dtype, left.shape) == (right.dtype, right.shape)
        assert left.tolist() == right.tolist() if left.dtype == object else left.tobytes() == right.tobytes()
    elif isinstance(left, tuple):
        assert type(right) is tuple and len(left) == len(right)
        for one, other in zip(left, right, strict=True):
            assert_same(one, other)
    elif isinstance(left, float) and math.isnan(left):
        assert math.isnan(right)
    else:
        assert left == right


@pytest.fixture
def trace() -> Trace:
    x, kernel = tensor("input:0", [[1.0, np.nan]], "input", axes=("batch", "features")), np.eye(2, dtype="float32")
    product = tensor("step:1", kernel * 2)
    source = "def call(self, x):\n    한글 = x @ self.kernel\n    return 한글\n"
    inner = Frame(
        "Cell.call", "def call(): ...", 70, (step(2, "x @ k", "", product), step(3, "y", "y", tensor("step:7", 3)))
    )
    deep = Frame("Cell.call", "def call(): ...", 70, (step(2, "x @ k", "", tensor("step:12", [True])),), (inner,))
    given = (Operand("", "other:0", ""), Operand("axis", "", "-1"))
    failed = Step(3, 4, 3, 9, "x + y", "", (), "+", given, ("Cast",), "ValueError: 2 ≠ 3")
    steps = (step(2, "x @ self.kernel", "한글", product, x), Step(2, 0, 2, 1, "x", "", (x,), "@", given, ("A", "B")))
    outer = Frame("Layer.call", source, 12, (*steps, failed), (deep, inner))
    return Trace(
        "Layer",
        inputs=(x, tensor("input:1", np.array([["a", "\ud55c"]], object), "input")),
        weights=(tensor("weight:kernel", kernel, "weight", trainable=True, initializer="zeros", help="The kernel."),),
        outputs=(tensor("output:0", product.value, "output", scale="probability"),),
        mask=(tensor("mask", [[True, False]], "mask"),),
        frames=(outer, Frame("Layer.helper", source, 12)),
        others=(tensor("other:0", np.ones(3, "float32"), name="self.scale"),),
        losses=(("kernel", float("inf")), ("activity", 0.1)),
        facts=(("shape", "(None, 2)"),),
        config={"units": 4, "activation": None, "bound": float("nan")},
        check=Check(True, float("nan"), 1e-6),
        notes=(Message("Cast from {dtype}", {"dtype": "int64"}),),
    )


def test_a_trace_comes_back_as_it_was(trace):
    back = travelled(trace)
    assert math.isnan(back.config.pop("bound"))
    assert_same(dataclasses.replace(trace, config={"units": 4, "activation": None}), back)


def test_a_symbolic_trace_without_tensors_comes_back(trace):
    assert_same(Trace("Input", facts=(("dtype", "float32"),)), travelled(Trace("Input", facts=(("dtype", "float32"),))))


def test_what_is_shared_is_sent_once_and_is_shared_again(trace):
    meta, arrays = codec.trace_to_meta(trace)
    assert len(arrays) == 8 and len(meta["sources"]) == 2 and len(meta["sites"]) == 5
    back = travelled(trace)
    assert back.frames[0].steps[0].values[0] is back.frames[0].children[1].steps[0].values[0]
    assert back.outputs[0].value is back.frames[0].steps[0].values[0].value


def test_a_long_loop_is_small():
    """The figure of the design: an LSTM over 50 steps has some 1,400 steps and must not cost hundreds of kilobytes."""
    source = "def call(self):\n" + "    x = x + 1\n" * 28
    frames = []
    for time in range(50):
        values = [tensor(f"step:{28 * time + n}", np.ones(8, "float32"), name="x") for n in range(28)]
        steps = [step(2 + n, "x + 1", "x", value) for n, value in enumerate(values)]
        frames.append(Frame("LSTMCell.call", source, 1, tuple(steps)))
    message = wire.encode(
        *codec.trace_to_meta(Trace("LSTM", frames=(Frame("LSTM.call", source, 1, (), tuple(frames)),)))
    )
    arrays = 50 * 28 * 8 * 4
    assert len(message) - arrays < 80_000


@given(st.text(), st.integers(-5, 10**20))
def test_every_id_survives(text, number):
    for tensor_id in (text, f"{text}{number}", f"{text}:0{number}"):
        back = travelled(Trace("L", inputs=(Tensor(tensor_id, "x", "input", np.zeros(1), "float64"),)))
        assert back.inputs[0].id == tensor_id


def test_large_values_of_steps_are_left_out_by_importance_and_named(monkeypatch):
    monkeypatch.setattr(sizes, "MAX_ARRAY_BYTES", 5000)
    monkeypatch.setattr(sizes, "MAX_TRACE_BYTES", 9000)
    huge, kernel = tensor("step:0", np.zeros(1000)), tensor("weight:k", np.ones(2000), "weight")
    named, plain, deep = (tensor(f"step:{n}", np.full(500, float(n))) for n in (1, 2, 3))
    inner = Frame("f", "", 1, (step(1, "deep", "d", deep), step(1, "k", "", dataclasses.replace(kernel, id="step:4"))))
    steps = (step(1, "huge", "h", huge), step(1, "plain + 1", "", plain), step(1, "named", "n", named))
    back = travelled(Trace("L", weights=(kernel,), frames=(Frame("g", "", 1, steps, (inner,)),)))
    assert [len(one.values) for one in back.frames[0].steps] == [0, 1, 1]
    assert [len(one.values) for one in back.frames[0].children[0].steps] == [0, 1]  # a weight travels anyway
    (note,) = back.notes
    assert note.params["count"] == 2
    assert str(note).endswith("h (1000,), d (500,)")


def test_inputs_weights_and_outputs_stay_or_the_problem_says_how_large_they_are(monkeypatch):
    weight = tensor("weight:k", np.zeros(1 << 18), "weight")
    trace = Trace("L", weights=(weight, weight))
    monkeypatch.setattr(sizes, "MAX_SHOWN", 2 << 20)
    assert travelled(trace).weights[0].value.nbytes == 2 << 20
    monkeypatch.setattr(sizes, "MAX_SHOWN", 1 << 20)
    with pytest.raises(Problem) as caught:
        codec.trace_to_meta(trace)
    assert (caught.value.expected, caught.value.received) == ("<= 1 MiB", "2.0 MiB")


NO_INDEX = (-2, 10**6, "0", None, 1.5, True)
NO_TEXT = (3, None, ["x"])
NO_LIST = (3, None, "x", {"a": 1})
FORGED = {
    ("layer",): NO_TEXT,
    ("tensors", "kind", 0): NO_INDEX,
    ("tensors", "array", 0): NO_INDEX,
    ("tensors", "number", 0): (-2, "0", None, 1.5),
    ("parts", "inputs", 0): NO_INDEX,
    ("parts",): NO_LIST,
    ("kinds", 0): NO_LIST,
    ("kinds", 0, 2): (*NO_TEXT, "boss"),
    ("kinds", 0, 4): NO_LIST,
    ("kinds", 0, 6): (1, "yes"),
    ("sites", 0, 0): NO_INDEX,
    ("sites", 0, 1): (-1, "1", None, 1.5),
    ("steps", "site", 0): NO_INDEX,
    ("steps", "values", 0): NO_INDEX,
    ("frames", "parent", 0): (0, *NO_INDEX),
    ("frames", "parent", 1): (1, 2, *NO_INDEX),
    ("frames", "steps", 0): (0, *NO_INDEX),
    ("frames", "place"): (*NO_LIST, []),
    ("places", 0, 1): NO_INDEX,
    ("values", 0): NO_INDEX,
    ("values",): (*NO_LIST, []),
    ("notes", 0, "params"): (*NO_TEXT, {"a": {}}),
    ("losses", 0, 1): ("3", None, [3], True),
    ("check", 0): (1, None, "x"),
    ("config",): NO_TEXT,
    ("sources",): NO_LIST,
}


@pytest.mark.parametrize(
    ("path", "value"), [(path, value) for path, values in FORGED.items() for value in values], ids=str
)
def test_a_forged_trace_is_refused(trace, path, value):
    meta, arrays = wire.decode(wire.encode(*codec.trace_to_meta(trace)))
    place = meta
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(wire.BadMessage):
        codec.trace_from_meta(meta, arrays)


def test_every_card_comes_back_as_it_was():
    for card in layers.catalogue().values():
        back = codec.card_from_json(json.loads(json.dumps(codec.card_to_json(card))))
        assert codec.card_to_json(back) == json_lists(codec.card_to_json(card), codec.card_to_json(back))
        assert back.fields[:0] == () and type(back.examples) is tuple


def json_lists(value: object, like: object) -> object:
    """`value` with tuples as lists wherever `like` has a list."""
    if isinstance(value, dict):
        return {key: json_lists(item, like[key]) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        kind = type(like)
        return kind(json_lists(item, other) for item, other in zip(value, like, strict=True))
    return value


def test_a_full_card_is_equal_after_its_journey():
    card = Card(
        "keras.layers.Dense",
        "Dense",
        "keras:layers",
        "core",
        "One line.",
        fields=(Field("units", "integer", 3, minimum=1), Field("padding", "choice", "same", choices=("same", "valid"))),
        inputs=(Input("x", (2, 3), ("batch", "features"), options={"value": 6}),),
        examples=(
            Example(
                "e",
                inputs=({"shape": (7, 5)},),
                mask={"kind": "last"},
                edits=(("weight:k", (0, 1), 3.5),),
                then=(("attention", {"bias": "scalar"}),),
            ),
        ),
        documents=("001",),
        input_names=("a", "b"),
        spread=True,
    )
    assert codec.card_from_json(json.loads(json.dumps(codec.card_to_json(card)))) == card
    for name, value in (("fields", 3), ("masks", 1), ("title", None), ("inputs", [{}]), ("group", [])):
        with pytest.raises(wire.BadMessage):
            codec.card_from_json({**codec.card_to_json(card), name: value})


def test_a_message_within_a_message_stays_one():
    inner = Message("Axis {axis} is wrong.", {"axis": 1})
    back = codec.message_from_json(
        json.loads(json.dumps(codec.message_to_json(Message("Layer 2: {why}", {"why": inner}))))
    )
    assert back == Message("Layer 2: {why}", {"why": inner}) and str(back) == "Layer 2: Axis 1 is wrong."
    for wrong in ({"msgid": 1, "params": {}}, {"msgid": "a"}, [1], {"msgid": "a", "params": {"b": [1]}}):
        with pytest.raises(wire.BadMessage):
            codec.message_from_json({"msgid": "Layer 2: {why}", "params": {"why": wrong}})


def test_a_problem_comes_back_with_everything():
    repair = Repair(Message("Use {n}", {"n": 4}), {"params": {"units": 4}, "seed": 1})
    problem = Problem(
        Message("Bad {what}", {"what": SimpleNamespace(a=1)}),
        expected="4",
        received="5",
        where="mask",
        detail="Keras said",
        repairs=(repair,),
    )
    meta, arrays = wire.decode(wire.encode(*codec.problem_to_meta(problem)))
    back = codec.problem_from_meta(meta, arrays)
    assert str(back) == "Bad namespace(a=1)"
    assert (back.expected, back.received, back.where, back.detail) == ("4", "5", "mask", "Keras said")
    assert back.repairs == (repair,)
    with pytest.raises(wire.BadMessage):
        codec.problem_from_meta({**meta, "repairs": [{"label": "x"}]}, arrays)


def test_a_problem_brings_what_was_recorded(trace, monkeypatch):
    meta, arrays = wire.decode(wire.encode(*codec.problem_to_meta(Problem(Message("Bad"), trace=trace))))
    back = codec.problem_from_meta(meta, arrays).trace
    assert_same(trace.frames, back.frames)
    assert back.frames[0].steps[-1].error == "ValueError: 2 ≠ 3"
    with pytest.raises(wire.BadMessage):
        codec.problem_from_meta({**meta, "trace": {**meta["trace"], "failed": [[99, "x"]]}}, arrays)
    monkeypatch.setattr(sizes, "MAX_SHOWN", 8)
    meta, arrays = codec.problem_to_meta(Problem(Message("Bad"), trace=trace))
    assert arrays == {} and codec.problem_from_meta(meta, arrays).trace is None


@settings(max_examples=20)
@given(st.floats(width=32), st.booleans())
def test_a_training_step_comes_back(loss, with_gradient):
    gradient = np.full((2, 2), loss, "float32") if with_gradient else None
    eye = np.eye(2, dtype="float32")
    step = TrainingStep(
        loss, (0.5, loss), loss, (WeightStep("kernel", with_gradient, eye, gradient, eye, eye * 2, "C"),)
    )
    assert_same(step, codec.step_from_meta(*wire.decode(wire.encode(*codec.step_to_meta(step)))))
