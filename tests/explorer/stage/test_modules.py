"""Runs the tests of the pure modules with Node's own test runner, on a message that Python packed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from node_tests import assert_passes

from explorer.model.trace import Frame, Operand, Step, Tensor, Trace
from explorer.stage.editor import LABELS as EDITOR_LABELS
from explorer.stage.editor import Editor, Mark, Note, pack_editor
from explorer.stage.encoding import MAX_EXACT
from explorer.stage.frames import pack_frames
from explorer.stage.labels import LABELS
from explorer.stage.pack import pack
from explorer.stage.statistics import statistics
from explorer.stage.trail_message import Answer, pack_trail

HOME = Path(__file__).parent / "js"


@pytest.fixture(scope="module")
def message(tmp_path_factory: pytest.TempPathFactory) -> Path:
    huge = np.zeros((2048, 2048), "float32")
    huge[5, 9] = 7
    assert huge.size > MAX_EXACT
    values = {
        "floats": (np.array([1.5, -2.5, 0], "float32"), "float32"),
        "big": (np.array([[2**60 + 1]]), "int64"),
        "broken": (np.array([1, np.nan], "float32"), "float32"),
        "words": (np.array(["a", "<b>"], object), "string"),
        "scalar": (np.array(2.5), "float64"),
        "half": (np.array([0.1], "float16"), "float16"),
        "overview": (huge, "float32"),
    }
    tensors = [
        Tensor(f"input:{name}", name, "input", value, dtype, ("time",) if name == "floats" else ())
        for name, (value, dtype) in values.items()
    ]
    path = tmp_path_factory.mktemp("stage") / "message.bin"
    path.write_bytes(pack(tensors, LABELS, {}))
    return path


@pytest.fixture(scope="module")
def flow_message(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small trace as the flow reads it, and beside it, as JSON, what must come out."""
    values = {
        "floats": np.array([[1.5, -2.5, 0], [-0.0, 7, 1]], "float32"),
        "broken": np.array([1, np.nan, np.inf, -np.inf, np.inf], "float32"),
        "nothing": np.array([np.nan], "float64"),
        "empty": np.zeros((0, 2), "float32"),
        "big": np.array([[2**60 + 1, -5]]),
        "flags": np.array([True, False, True]),
        "words": np.array(["a", "<b>"], object),
        "scalar": np.array(2.5),
        "large": np.random.default_rng(0).normal(size=(64, 64)),
    }
    x = Tensor("input:x", "x", "input", values["floats"], "float32", ("batch", "axis 1"))
    made = [
        Tensor(f"step:{number}", name, "intermediate", value, str(value.dtype), ("batch", "axis 1")[: value.ndim])
        for number, (name, value) in enumerate(values.items())
    ]
    given = (Operand("", ("input:x",)), Operand("axis", (), "1"), Operand("", ("step:77",)))
    again = Tensor("step:100", "again", "intermediate", values["floats"], "float32")
    steps = [
        Step(2, 4, 2, 5, "x", "y", (made[0],), "keras.ops.add", given),
        Step(3, 4, 3, 5, "y", "z", (again,)),
        *(Step(4, 4, 4, 5, "v", tensor.name, (tensor,)) for tensor in made[1:]),
    ]
    children = (Frame("A.call", "def f(): ...\n", 9, (), (), 1), Frame("A.call", "def f(): ...\n", 9, (), (), 2))
    frame = Frame("Outer.call", "def call(x):\n    x\n    y\n    v\n", 40, tuple(steps), children)
    trace = Trace("Outer", inputs=(x,), frames=(frame,))
    path = tmp_path_factory.mktemp("flow") / "message.bin"
    path.write_bytes(
        pack_frames(trace, LABELS, {}, {"batch": "Stapel"}.get, limit=256)  # type: ignore[arg-type]
    )
    told = {
        "frames": [["Outer.call", -1, 0, 0, 40, len(steps)], ["A.call", 0, 1, 0, 9, 0], ["A.call", 0, 2, 1, 9, 0]],
        "statistics": {tensor.id: statistics(tensor.value).to_json() for tensor in (*made, again)},
    }
    path.with_name("message.bin.json").write_text(json.dumps(told))
    return path


@pytest.fixture(scope="module")
def trail_message(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is told about the cell [1] of a tensor: one tensor with cells that count, one without."""
    cells = {
        "input:x": np.array([[0, 0.5, -2], [np.inf, 0, 0]], "float64"),
        "weight:w": np.zeros((2, 2), "float32"),
        "step:9": np.ones((1025, 1024), "float32"),
    }
    answer = Answer("step:0", (1,), "made", ("made", "moves"), cells, None, ["A note."])
    path = tmp_path_factory.mktemp("trail") / "message.bin"
    path.write_bytes(pack_trail(answer, {"way.made": "Why"}))
    return path


@pytest.fixture(scope="module")
def editor_message(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text of two lines, a mark, and a line that made four tensors."""
    grid = np.zeros((2, 40, 3), "float32")
    grid[0, 4], grid[0, 5, 2], grid[0, 0, 0] = 3, -17, np.nan
    values = (grid, np.array([True, False]), np.array(["a"], object), np.zeros(2))
    made = [Tensor(f"step:{at}", "made", "intermediate", value, str(value.dtype)) for at, value in enumerate(values)]
    text = "x = 1\ny = x\n"
    editor = Editor(text, 7, "doc", of=text, marks=[Mark(2, "<b>", "info", 1)], notes=[Note(2, made)])
    path = tmp_path_factory.mktemp("editor") / "message.bin"
    path.write_bytes(pack_editor(editor, EDITOR_LABELS))
    return path


@pytest.mark.parametrize("path", sorted(HOME.glob("*.test.mjs")), ids=lambda path: path.name)
def test_modules(path: Path, message: Path, flow_message: Path, trail_message: Path, editor_message: Path) -> None:
    messages = {"STAGE_MESSAGE": message, "FLOW_MESSAGE": flow_message, "TRAIL_MESSAGE": trail_message}
    assert_passes(path, **messages, EDITOR_MESSAGE=editor_message)
