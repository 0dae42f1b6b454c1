"""`python -m explorer doctor`: what it prints, and its three exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

from explorer.command import main
from explorer.command.values import BadValue, arrays, parameters
from explorer.engine.reports import report_from_meta
from explorer.testing import assert_healthy
from explorer.trace import Message

ROOT = Path(__file__).parents[2]
SOURCE = """
import keras, tensorflow as tf
from keras import ops

class Good(keras.layers.Layer):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units))

    def call(self, x):
        return ops.matmul(x, self.kernel)

    def get_config(self):
        return {**super().get_config(), "units": self.units}

class Bad(Good):
    def build(self, input_shape):
        self.kernel = tf.Variable(tf.ones((input_shape[-1], self.units)))

number = 3
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "layers_of_somebody.py"
    path.write_text(SOURCE)
    return str(path)


def test_a_healthy_layer_in_a_process_of_its_own(file: str) -> None:
    command = [sys.executable, "-m", "explorer", "doctor", f"{file}:Good", "--input", "2,10", "--params", "units=4"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("Good on float32 (2, 10)") and "passed" in done.stdout.splitlines()[-1]


def test_findings_are_told(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", f"{file}:Bad", "--input", "2,10", "--params", "units=4"]) == 1
    printed = capsys.readouterr().out
    assert "Failed: All its state is tracked [untracked_weight]" in printed and "self.kernel" in printed
    line = 1 + SOURCE.splitlines().index("        self.kernel = tf.Variable(tf.ones((input_shape[-1], self.units)))")
    assert f"{file}:{line}" in printed


def test_json_is_the_report(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", f"{file}:Bad", "--input", "2,10", "--json"]) == 1
    report = report_from_meta(json.loads(capsys.readouterr().out))
    assert report.layer == "Bad" and report.mistakes[0] == "untracked_weight"


def test_everything_and_strict(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", f"{file}:Good", "--input", "2,10", "--all", "--strict"]) == 1
    printed = capsys.readouterr().out
    assert "[unregistered_class]" in printed and "Passed: Its output has the declared shape." in printed


def test_a_module_and_several_inputs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "keras.layers:Add", "--input", "2,3", "--input", "2,3", "--list"]) == 0
    assert main(["doctor", "layers.linear:Linear", "--input", "2,3", "--params", "units=2", "use_bias=False"]) == 0
    assert (
        main(["doctor", "keras.layers:Embedding", "--input", "2,5:int32", "--params", "input_dim=10", "output_dim=3"])
        == 0
    )
    assert capsys.readouterr().out.count(" in ") >= 3


@pytest.mark.parametrize(
    ("layer", "arguments", "told"),
    [
        ("{file}:Nothing", [], "has no Nothing. Layers in it: Good, Bad"),
        ("{file}:number", [], "is not a class: int"),
        ("nowhere.py:X", [], "There is no file nowhere.py"),
        ("no.such.module:X", [], "Importing no.such.module failed"),
        ("Linear", [], "Expected path/to/file.py:ClassName"),
        ("{file}:Good", ["--params", "units"], "Expected NAME=VALUE"),
        ("{file}:Good", ["--input", "2,x"], "Expected a shape"),
        ("{file}:Good", ["--input", "2,2:string"], "Expected a shape"),
        ("{file}:Good", ["--input", "100000,100000"], "--input 100000,100000"),
    ],
)
def test_what_cannot_be_examined(
    file: str, layer: str, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", layer.format(file=file), "--input", "2,3", *arguments]) == 2
    assert told in capsys.readouterr().err


def test_a_check_that_broke_or_was_left_out_is_no_clean_bill(
    file: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from explorer.core.doctor import registry

    def breaks(patient: object) -> registry.Verdict:
        raise OSError("no")

    text = Message("-")
    registry.checks()
    planted = registry.Check("breaks", text, text, text, text, breaks, (), last=False)
    monkeypatch.setitem(registry._CHECKS, "breaks", planted)
    registry.checks.cache_clear()
    assert main(["doctor", f"{file}:Good", "--input", "2,3"]) == 2
    assert "The check broke" in capsys.readouterr().out
    monkeypatch.undo()
    registry.checks.cache_clear()
    assert main(["doctor", f"{file}:Good", "--input", "2,3", "--seconds", "0"]) == 2


def test_values() -> None:
    assert parameters(["units=4", "name=x", "shape=(2, 3)", "on=True"]) == {
        "units": 4, "name": "x", "shape": (2, 3), "on": True,
    }  # fmt: skip
    made = arrays(["2,3", "(4,)", "2,2:int64", "3:bool", "2:float64"])
    assert [(a.shape, a.dtype.name) for a in made] == [
        ((2, 3), "float32"), ((4,), "float32"), ((2, 2), "int64"), ((3,), "bool"), ((2,), "float64"),
    ]  # fmt: skip
    with pytest.raises(BadValue):
        parameters(["=3"])


def test_assert_healthy() -> None:
    import keras

    x = np.ones((2, 3), "float32")
    assert assert_healthy(keras.layers.Dense(2), [x]).healthy

    class Liar(keras.layers.Layer):
        def call(self, inputs: object) -> object:
            return keras.ops.argmax(inputs, axis=-1)

        def compute_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
            return input_shape[:-1]

    with pytest.raises(AssertionError, match=r"Declared: float32\. Real: int32"):
        assert_healthy(Liar(), [x])
