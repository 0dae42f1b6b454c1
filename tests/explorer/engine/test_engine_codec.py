import dataclasses
import json
import math
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import layers
from explorer.engine import codec, configuration
from explorer.engine.codec import sizes
from explorer.engine.transport import wire
from explorer.model import columns
from explorer.model.fix import Fix, SourceLine
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
    return codec.unpack(Trace, *wire.decode(wire.encode(*codec.pack(trace))))


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
    given = (Operand("", ("other:0",)), Operand("axis", (), "-1"))
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
    meta, arrays = codec.pack(trace)
    assert len(arrays) == 8 + 1  # and the empty one that stands in rows
    assert [len(meta[rows]) for rows in ("tensors", "frames", "steps", "operands")] == [9, 3, 5, 2]
    assert len(meta["sources"]) == 2 and json.dumps(meta).count("def call(): ...") == 1
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
    message = wire.encode(*codec.pack(Trace("LSTM", frames=(Frame("LSTM.call", source, 1, (), tuple(frames)),))))
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
        codec.pack(trace)
    assert (caught.value.expected, caught.value.received) == ("<= 1 MiB", "2.0 MiB")


NO_INDEX = (-2, 10**6, "0", None, 1.5, True)
NO_TEXT = (3, None, ["x"])
NO_LIST = (3, None, "x", {"a": 1})
FORGED = {
    ("trace", "layer"): NO_TEXT,
    ("trace", "notes", 0, "params"): (*NO_TEXT, {"a": {}}),
    ("trace", "losses", 0, 1): ("3", None, [3], True),
    ("trace", "check", "agrees"): (1, None, "x"),
    ("trace", "config"): NO_TEXT,
    ("parts", "inputs", 0): NO_INDEX,
    ("parts",): NO_LIST,
    ("tensors", 0): NO_LIST,
    ("tensors", 0, "role"): (*NO_TEXT, "boss"),
    ("tensors", 0, "axes"): NO_LIST,
    ("tensors", 0, "scale"): NO_TEXT,
    ("tensors", 0, "trainable"): (1, "yes"),
    ("tensor_row", 0): NO_INDEX,
    ("tensor_value", 0): NO_INDEX,
    ("tensor_number", 0): ("0", None, 1.5),
    ("tensor_number",): (*NO_LIST, []),
    ("frames",): (*NO_LIST, []),
    ("frames", 0, "first_line"): (-1, "1", None, 1.5),
    ("frame_row", 0): NO_INDEX,
    ("frame_source", 0): NO_INDEX,
    ("sources",): NO_LIST,
    ("frame_parent", 0): (0, *NO_INDEX),
    ("frame_parent", 1): (1, 2, *NO_INDEX),
    ("frame_steps", 0): (0, *NO_INDEX),
    ("frame_from", 0): (-1, "0", None, 1.5),
    ("steps", 0, "line"): (-1, "1", None, 1.5),
    ("steps", 0, "column"): (-1, "1", None, 1.5),
    ("steps", 0, "ops"): NO_LIST,
    ("step_row", 0): NO_INDEX,
    ("step_values", 0): NO_INDEX,
    ("step_operands", 0): NO_INDEX,
    ("values", 0): NO_INDEX,
    ("values",): (*NO_LIST, []),
    ("operand_row", 0): NO_INDEX,
    ("operand_ids", 0): NO_INDEX,
    ("ids",): NO_LIST,
}


@pytest.mark.parametrize(
    ("path", "value"), [(path, value) for path, values in FORGED.items() for value in values], ids=str
)
def test_a_forged_trace_is_refused(trace, path, value):
    meta, arrays = wire.decode(wire.encode(*codec.pack(trace)))
    place = meta
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(wire.BadMessage):
        codec.unpack(Trace, meta, arrays)


def test_frames_lie_only_so_deep_in_each_other() -> None:
    def nested(depth: int) -> Trace:
        frame = Frame("f", "", 1)
        for _ in range(depth - 1):
            frame = Frame("f", "", 1, (), (frame,))
        return Trace("L", frames=(frame,))

    assert_same(nested(columns.MAX_DEPTH), travelled(nested(columns.MAX_DEPTH)))
    with pytest.raises(wire.BadMessage):
        travelled(nested(columns.MAX_DEPTH + 1))


def test_a_few_bytes_do_not_become_many() -> None:
    """Each tensor repeats the text of its row, and is two bytes of three columns."""
    meta, arrays = codec.pack(Trace("L", inputs=(tensor(f"{'x' * 2_000_000}:1", 1.0, "input"),)))
    assert codec.unpack(Trace, meta, arrays).inputs
    for count in (1000, 1_000_000):
        forged = {**meta, **{name: meta[name] * count for name in ("tensor_row", "tensor_number", "tensor_value")}}
        with pytest.raises(wire.BadMessage, match="fewer"):
            codec.unpack(Trace, forged, arrays)


def test_every_card_comes_back_as_it_was():
    for card in layers.catalogue().values():
        back = codec.unpack(Card, json.loads(json.dumps(codec.pack(card)[0])))
        assert dataclasses.asdict(back) == json_lists(dataclasses.asdict(card), dataclasses.asdict(back))
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
    meta = json.loads(json.dumps(codec.pack(card)[0]))
    assert codec.unpack(Card, meta) == card
    assert type(codec.unpack(Card, meta).fields[0].minimum) is int  # a widget of integers takes no float
    for name, value in (("fields", 3), ("masks", 1), ("title", None), ("inputs", [{}]), ("group", []), ("group", "x")):
        with pytest.raises(wire.BadMessage):
            codec.unpack(Card, {**meta, name: value})


def test_a_message_within_a_message_stays_one():
    inner = Message("Axis {axis} is wrong.", {"axis": 1})
    message = Message("Layer 2: {why}", {"why": inner})
    back = codec.unpack(Message, json.loads(json.dumps(codec.pack(message)[0])))
    assert back == message and str(back) == "Layer 2: Axis 1 is wrong."
    for wrong in ({"msgid": 1, "params": {}}, {"params": {}}, [1], {"msgid": "a", "params": {"b": [1]}}):
        with pytest.raises(wire.BadMessage):
            codec.unpack(Message, {"msgid": "Layer 2: {why}", "params": {"why": wrong}})


def test_a_message_keeps_texts_and_numbers() -> None:
    params = {"shape": (2, 3), "count": np.int64(4), "single": np.float32(0.1), "word": np.str_("w"), "no": None}
    message = Message("{shape} {count} {single} {word} {no}", params)
    assert str(message) == "(2, 3) 4 0.1 w None"
    assert codec.unpack(Message, json.loads(json.dumps(codec.pack(message)[0]))) == message


def test_a_problem_comes_back_with_everything():
    repair = Repair(Message("Use {n}", {"n": 4}), {"params": {"units": 4}, "seed": 1})
    problem = Problem(
        Message("Bad {what}", {"what": SimpleNamespace(a=1)}),
        expected="4",
        received="5",
        where="mask",
        detail="Keras said",
        repairs=(repair,),
        place=SourceLine("linear.py", 12, "y = x @ w"),
        why=Message("Why"),
        fixes=(Fix(Message("Write {x}", {"x": Message("that")})),),
    )
    meta, arrays = wire.decode(wire.encode(*codec.pack(problem)))
    back = codec.unpack(Problem, meta, arrays)
    assert str(back) == "Bad namespace(a=1)"
    assert (back.expected, back.received, back.where, back.detail) == ("4", "5", "mask", "Keras said")
    assert back.repairs == (repair,)
    assert (back.place, back.why, back.fixes) == (problem.place, problem.why, problem.fixes)
    with pytest.raises(wire.BadMessage):
        codec.unpack(Problem, {**meta, "repairs": [{"label": "x"}]}, arrays)


def test_a_problem_brings_what_was_recorded(trace, monkeypatch):
    meta, arrays = wire.decode(wire.encode(*codec.pack(Problem(Message("Bad"), trace=trace))))
    back = codec.unpack(Problem, meta, arrays).trace
    assert_same(trace.frames, back.frames)
    assert back.frames[0].steps[-1].error == "ValueError: 2 ≠ 3"
    with pytest.raises(wire.BadMessage):
        codec.unpack(Problem, {**meta, "trace": {**meta["trace"], "step_row": [99]}}, arrays)
    monkeypatch.setattr(sizes, "MAX_SHOWN", 8)
    meta, arrays = codec.pack(Problem(Message("Bad"), trace=trace))
    assert arrays == {} and codec.unpack(Problem, meta, arrays).trace is None


@pytest.mark.parametrize(
    "msgid",
    ["{x:999999999}", "{x:{x}}", "{y}", "{0}", "{}", "{x", "{x.__class__}", "{x!r}", "{x}" * 100_000],
    ids=lambda msgid: msgid[:20],
)
def test_a_sentence_that_cannot_be_said_is_refused(msgid: str) -> None:
    meta, _ = codec.pack(Problem(Message("{x}", {"x": "y" * 1000})))
    meta["what"]["msgid"] = msgid
    with pytest.raises(wire.BadMessage):
        codec.unpack(Problem, meta)


def test_messages_that_double_are_refused() -> None:
    """Each holds the one before it twice: saying the last would take 2 ** 40 words."""
    message: dict[str, object] = {"msgid": "word", "params": {}}
    for _ in range(40):
        message = {"msgid": "{a}{a}", "params": {"a": message}}
    meta, _ = codec.pack(Problem("x"))
    with pytest.raises(wire.BadMessage):
        codec.unpack(Problem, {**meta, "what": message})


@settings(max_examples=20)
@given(st.floats(width=32), st.booleans())
def test_a_training_step_comes_back(loss, with_gradient):
    gradient = np.full((2, 2), loss, "float32") if with_gradient else None
    eye = np.eye(2, dtype="float32")
    step = TrainingStep(
        loss, (0.5, loss), loss, (WeightStep("kernel", with_gradient, eye, gradient, eye, eye * 2, "C"),)
    )
    assert_same(step, codec.unpack(TrainingStep, *wire.decode(wire.encode(*codec.pack(step)))))


FIRST_USES = """
import dataclasses, sys, threading
from explorer.engine import codec

sys.setswitchinterval(1e-6)
NAMES = [f"field_{number}" for number in range(12)]


def kind(depth):
    inside = [("inside", tuple[kind(depth - 1), ...])] if depth else []
    return dataclasses.make_dataclass("Told", [*((name, int) for name in NAMES), *inside], frozen=True)


def told(depth):
    return dict.fromkeys(NAMES, 1) | ({"inside": [told(depth - 1)]} if depth else {})


def read(kind, start):
    start.wait()
    codec.unpack(kind, told(3))
    read_by.append(threading.get_ident())


for _ in range(50):
    read_by, start, new = [], threading.Barrier(6), kind(3)
    threads = [threading.Thread(target=read, args=(new, start)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_by) == 6
print("done")
"""


def test_the_first_use_of_a_type_by_several_threads_at_once_ends_no_process() -> None:
    """msgspec's own look at a class is not made for threads: the web process died of it, with all of its pages."""
    code = [sys.executable, "-c", FIRST_USES]
    ended = subprocess.run(code, cwd=configuration.ROOT, capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stdout.strip()) == (0, "done"), ended.stderr
