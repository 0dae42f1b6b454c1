"""Which tensors each line of a code made."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import keras
import numpy as np
import pytest

from explorer.analysis.line_notes import line_notes
from explorer.core.tracing.record import trace_layer
from explorer.model.trace import Frame, Step, Tensor, Trace

CODE = """import keras


class Scale(keras.layers.Layer):
    def build(self, shape):
        self.factor = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, x):
        y = keras.ops.matmul(
            x,
            keras.ops.transpose(x),
        )
        for _ in range(2):
            y = self.half(y)
        return y * keras.ops.ones((3, 3))

    def half(self, y):
        return y / 2
"""
X = np.arange(6, dtype="float32").reshape(3, 2)


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    file = Path(tmp_path_factory.mktemp("code")) / "scale_of_a_test.py"
    file.write_text(CODE)
    spec = importlib.util.spec_from_file_location("scale_of_a_test", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return trace_layer(module.Scale(), [X])


def test_each_line_has_what_it_made_last(trace: Trace) -> None:
    lines = CODE.splitlines()
    notes = {lines[line - 1].strip(): tensors for line, tensors in line_notes(trace, CODE).items()}
    product = X @ X.T
    np.testing.assert_allclose(notes[")"][0].value, product)
    np.testing.assert_allclose(notes["keras.ops.transpose(x),"][0].value, X.T)
    np.testing.assert_allclose(notes["y = self.half(y)"][0].value, product / 4)
    np.testing.assert_allclose(notes["return y / 2"][0].value, product / 4)
    np.testing.assert_allclose(notes["return y * keras.ops.ones((3, 3))"][0].value, product / 4)


def test_lines_of_other_texts_have_none(trace: Trace) -> None:
    assert trace.frames
    assert line_notes(trace, CODE.replace("call", "apply").replace("half", "twice")) == {}
    assert line_notes(trace, "") == {}
    assert line_notes(Trace(layer=keras.layers.Dense.__name__), CODE) == {}


def test_a_line_has_what_it_made_last_also_in_frames_within() -> None:
    one, two, three = (
        Tensor(f"step:{number}", str(number), "intermediate", np.array(float(number)), "float64") for number in range(3)
    )
    code = "\n\ndef help(x):\n    return x\n\n\n\n\n\ndef call(self, x):\n ...\n"
    inner = Frame("A.help", "def help(x):\n    return x\n", 3, (Step(2, 4, 2, 5, "x", "", (three,)),))
    steps = (
        Step(2, 4, 2, 9, "x", "x", (one,)),
        Step(2, 4, 3, 9, "x + 1", "y", (two,)),
        Step(2, 4, 2, 9, "x", "x", (two,)),
        Step(4, 4, 4, 9, "print(x)", "", ()),
    )
    frame = Frame("A.call", "def call(self, x):\n ...", 10, steps, (inner,), 1)
    notes = line_notes(Trace("A", frames=(frame,)), code)
    assert [(line, list(tensors)) for line, tensors in notes.items()] == [(4, [three]), (11, [two]), (12, [two])]
