"""A layer on JAX: the first expression that differs, code that is tied to TensorFlow, and layers that are the same."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest

import layers
from explorer.core.doctor import examine, other_backend
from explorer.core.doctor.other_backend import alignment, asking
from explorer.core.doctor.other_backend.answer import Answer
from explorer.core.doctor.registry import OTHER_BACKEND, checks, chosen
from explorer.core.under_test import LayerUnderTest
from explorer.engine.codec import unpack
from explorer.experiment import Experiment
from explorer.model.report import Finding
from explorer.testing import assert_healthy
from tests.explorer.core.doctor import backends

ROOT = Path(__file__).parents[4]
X = np.random.default_rng(0).standard_normal((2, 4)).astype("float32")
OURS = tuple(name for name, card in layers.catalogue().items() if not card.symbolic)

needs_jax = pytest.mark.skipif(
    importlib.util.find_spec("jax") is None, reason="JAX is not installed: pip install -r requirements-jax.txt"
)

_LOOP = """
import json, os, sys
sys.path[:] = json.loads(sys.argv[1])
from explorer.engine import configuration
configuration.adopt("jax")
from explorer.core.doctor.other_backend.running import answered
from explorer.engine.codec import pack
from explorer.engine.transport import wire
while size := sys.stdin.buffer.read(8):
    request = sys.stdin.buffer.read(int.from_bytes(size, "little"))
    print(json.dumps(pack(answered(*wire.decode(request)))[0]), flush=True)
"""


@pytest.fixture(scope="module")
def on_jax() -> Iterator[subprocess.Popen[bytes]]:
    """One process on JAX for many layers: importing it takes longer than all of them."""
    child = subprocess.Popen(
        [sys.executable, "-c", _LOOP, json.dumps(sys.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    yield child
    child.communicate()


@pytest.fixture
def quick(on_jax: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    def answered(request: bytes, backend: str) -> Answer:
        assert on_jax.stdin is not None and on_jax.stdout is not None
        on_jax.stdin.write(len(request).to_bytes(8, "little") + request)
        on_jax.stdin.flush()
        return unpack(Answer, json.loads(on_jax.stdout.readline()))

    monkeypatch.setattr(asking, "_answered", answered)


def found(layer: Any, inputs: Any = (X,), keywords: Any = None) -> Finding:
    report = examine(layer, list(inputs), keywords, select=[OTHER_BACKEND])
    (one,) = (finding for finding in report.findings if finding.check == OTHER_BACKEND)
    return one


@needs_jax
@pytest.mark.parametrize(
    ("layer_class", "expression", "line"),
    [
        (backends.LargeToWhole, 'ops.cast(x * 1e10, "int32")', 'n = ops.cast(x * 1e10, "int32")'),
        (backends.BelowZeroToBytes, 'ops.cast(x * 100, "uint8")', "return ops.cast("),
        (backends.LargestOfNaN, "ops.argmax(ops.log(x), axis=-1)", "return ops.argmax("),
        (backends.SortedNaN, "ops.sort(ops.log(x), axis=-1)", "ordered = ops.sort("),
        (backends.Ties, "ops.top_k(ops.round(x), 3)", "ops.top_k("),
        (backends.EmptySegment, "ops.segment_max(", "return ops.segment_max("),
        (backends.Fine, "wide + 1e-12", "return ops.cast((wide + 1e-12"),
        (backends.OwnSeed, "keras.random.normal(ops.shape(x), seed=7)", "return x + keras.random.normal("),
        (backends.Bicubic, "ops.image.resize(", "return ops.image.resize("),
        (backends.Small, "ops.image.resize(", "return ops.image.resize("),
        (backends.Several, 'ops.cast(x * 1e10, "int32")', 'n = ops.cast(x * 1e10, "int32")'),
        (backends.Inside, 'ops.cast(x, "int32")', "return x + _whole(x * 1e10)"),
    ],
)
def test_the_first_expression_that_differs_is_named(quick: None, layer_class: Any, expression: str, line: str) -> None:
    one = found(layer_class())
    assert (one.outcome, one.mistake) == ("failed", "backends_differ"), one
    assert str(one.seen).startswith(expression), one.seen
    assert one.place is not None and line in one.place.text
    written = Path(one.place.file).read_text(encoding="utf-8").splitlines()
    assert written[one.place.line - 1].strip() == one.place.text


@needs_jax
def test_both_numbers_and_the_size_of_the_difference_are_told(quick: None) -> None:
    text = str(found(backends.LargeToWhole(), [np.full((1, 2), 3.0, "float32")]).seen)
    assert "-2147483648 on TensorFlow, 2147483647 on JAX" in text
    assert "Cells that differ: 2 of 2. The largest difference: 4.29e+09." in text
    assert "The output differs, too: -2.14748e+09 ≠ 2.14748e+09." in text


@needs_jax
@pytest.mark.parametrize(
    ("layer_class", "line"),
    [
        (backends.Relu, "return tf.nn.relu(y) + 1.0"),
        (backends.Rows, "float(tf.shape(x)[0])"),
        (backends.Given, "row = tf.constant("),
        (backends.Unbuilt, "self.inner(tf.nn.relu(x))"),
    ],
)
def test_code_that_is_tied_to_tensorflow_is_told_so(quick: None, layer_class: Any, line: str) -> None:
    one = found(layer_class())
    assert (one.outcome, one.mistake) == ("failed", "tensorflow_only"), one
    assert one.place is not None and line in one.place.text and "tied to TensorFlow" in str(one.seen)


@needs_jax
def test_a_call_that_fails_there_is_told_with_its_line(quick: None) -> None:
    one = found(backends.Method())
    assert one.outcome == "failed" and "no attribute 'numpy'" in str(one.seen)
    assert one.place is not None and "np.max(x.numpy())" in one.place.text


SAME = (
    *(backends.Dense, backends.Loop, backends.Recurrent, backends.Twice, backends.Padded),
    *(backends.Noise, backends.Halves),
)


@needs_jax
@pytest.mark.parametrize("layer_class", SAME)
def test_what_differs_by_rounding_only_is_the_same(quick: None, layer_class: Any) -> None:
    one = found(layer_class())
    assert one.outcome == "passed", one
    assert one.seen.params["count"] >= 2


@needs_jax
def test_a_difference_that_the_output_does_not_show_is_advice(quick: None) -> None:
    one = found(backends.Hidden())
    assert one.outcome == "advice" and "The output is the same all the same." in str(one.seen)
    assert one.place is not None and "ops.argmax(" in one.place.text


def test_texts_are_tensorflow_s_own() -> None:
    layer = keras.layers.Hashing(num_bins=3)
    one = found(layer, [np.array([["a"], ["b"]], dtype=object)])
    assert one.outcome == "by design" and "texts" in str(one.seen)


@needs_jax
def test_rounding_that_grows_is_no_difference_of_an_expression(quick: None) -> None:
    one = found(backends.Growing())
    assert one.outcome == "advice" and "rounding grows" in str(one.seen)


@needs_jax
def test_the_layers_of_the_catalogue_are_the_same(quick: None) -> None:
    outcomes = {}
    for name in OURS:
        test = LayerUnderTest(Experiment(name))
        layer = test.make()
        one = found(layer, *test.arranged())
        outcomes[name] = f"{one.outcome}: {one.seen}" if one.outcome != "passed" else ""
    assert {name: told for name, told in outcomes.items() if told} == {}
    assert len(outcomes) > 15


@needs_jax
def test_weights_that_were_moved_are_those_that_are_compared(quick: None) -> None:
    layer = backends.Dense()
    layer(X)
    layer.kernel.assign(np.full((4, 4), 1e3, "float32"))
    assert found(layer).outcome == "passed"
    assert np.array_equal(layer.kernel.numpy(), np.full((4, 4), 1e3, "float32"))


@needs_jax
def test_a_process_that_ends_leaves_the_check_broken() -> None:
    one = found(backends.Ends())
    assert one.outcome == "broken" and "exit code 3" in str(one.seen)


@needs_jax
def test_a_process_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "SECONDS", 0.2)
    began = time.monotonic()
    one = found(backends.Dense())
    assert one.outcome == "broken" and "within 0.2 s" in str(one.seen)
    assert time.monotonic() - began < 100


@needs_jax
def test_a_class_that_cannot_be_imported_is_said_to_be_one(registrations: None) -> None:
    @keras.saving.register_keras_serializable("test_other_backend")
    class Local(backends.Dense):
        pass

    one = found(Local())
    assert one.outcome == "broken" and "cannot be imported" in str(one.seen)


def test_a_backend_that_is_not_installed_leaves_the_check_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(other_backend.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r'JAX is not installed: pip install "layer-explorer\[jax\]"'):
        examine(backends.Dense(), [X], backend="jax")
    one = found(backends.Dense())
    assert one.outcome == "broken" and "JAX is not installed" in str(one.seen)


def test_steps_are_aligned_from_the_end_of_each_call() -> None:
    theirs = [(("call", 1), ("step", n), ("a", 1)) for n in (1, 2, 3)] + [(("call", 2), ("step", 1), ("a", 1))]
    own = [(("call", 1), ("step", n), ("a", 1)) for n in (1, 2)] + [(("call", 2), ("step", 1), ("a", 1))]
    found_there = [alignment.aligned(path, alignment.totals(own), alignment.totals(theirs)) for path in own]
    assert found_there == theirs[1:]


def test_it_is_made_only_if_it_is_asked_for() -> None:
    names = [check.id for check in checks()]
    assert OTHER_BACKEND not in names and OTHER_BACKEND in [check.id for check in checks(asked=True)]
    assert [check.id for check in chosen()] == names
    assert {check.id for check in chosen(backend="jax")} == {*names, OTHER_BACKEND}
    assert "revived" in [check.id for check in chosen(["call"], "jax")]


def test_a_backend_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Expected a backend of jax. Received: 'torch'"):
        examine(backends.Dense(), [X], backend="torch")


@needs_jax
def test_a_test_asks_for_it() -> None:
    with pytest.raises(AssertionError, match=r"tied to\s+TensorFlow"):
        assert_healthy(backends.Relu(), [X], backend="jax")


@needs_jax
def test_the_command_asks_for_it(tmp_path: Path) -> None:
    (tmp_path / "parts.py").write_text("FACTOR = 1e10\n")
    (tmp_path / "own.py").write_text(
        "import keras\nfrom keras import ops\nfrom parts import FACTOR\n\n"
        "class Mine(keras.layers.Layer):\n    def call(self, x):\n"
        '        return x + ops.cast(ops.cast(x * FACTOR, "int32"), "float32")\n'
    )
    command = [sys.executable, "-m", "explorer", "doctor", f"{tmp_path}/own.py:Mine", "--input", "2,4"]
    options = ["--select", "call", "--backend", "jax"]
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "[other_backend, backends_differ]" in done.stdout and f"{tmp_path}/own.py:7" in done.stdout
