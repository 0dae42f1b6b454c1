"""A counterexample as a pytest file: it calls the layer as the layer was called, whatever its arguments are named."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest

from explorer.core.doctor import examine
from explorer.export.counterexample import pytest_file

X = np.random.default_rng(0).standard_normal((2, 3)).astype("float32")


class OneAndTwo(keras.layers.Layer):
    def call(self, x1: Any, x2: Any) -> Any:
        return keras.ops.log(x1) + x2


class ZeroAndOne(keras.layers.Layer):
    def call(self, x0: Any, x1: Any, mode: str = "x0") -> Any:
        return keras.ops.log(x0) + x1


class Named(keras.layers.Layer):
    def call(self, inputs: Any) -> Any:
        return keras.ops.log(inputs["x1"]) + inputs["x2"]


@pytest.mark.parametrize(
    ("layer_class", "inputs", "keywords", "call"),
    [
        (OneAndTwo, [], {"x1": X, "x2": X}, "layer(x1=a0, x2=a1)"),
        (ZeroAndOne, [], {"x0": X, "x1": X, "mode": "x1"}, "layer(x0=a0, x1=a1, mode='x1')"),
        (Named, [{"x1": X, "x2": X}], {}, "layer({'x1': a0, 'x2': a1})"),
    ],
)
def test_inputs_that_are_named_like_tensors(
    layer_class: Any, inputs: list[Any], keywords: dict[str, Any], call: str
) -> None:
    report = examine(layer_class, inputs, keywords, select=["finite"])
    text = pytest_file(report.findings, ["import keras", "import numpy as np"], "Layer()")
    assert call in text
    scope: dict[str, Any] = {"Layer": layer_class}
    exec(compile(text, "<test>", "exec"), scope)
    with pytest.raises(AssertionError):
        scope["test_finite"]()


class LeaksALittle(keras.layers.Layer):
    def __init__(self, share: float) -> None:
        super().__init__()
        self.supports_masking = True
        self.share = share

    def call(self, x: Any, mask: Any = None) -> Any:
        return x + self.share * keras.ops.mean(x, axis=1, keepdims=True)


@pytest.mark.parametrize(("share", "written"), [(1e-2, True), (1e-5, False)])
def test_what_a_test_would_let_pass_is_told_without_one(share: float, written: bool) -> None:
    x = np.random.default_rng(0).standard_normal((2, 6, 16)).astype("float32")
    report = examine(LeaksALittle(share), [x], select=["masked_steps"])
    (finding,) = [one for one in report.findings if one.check == "masked_steps"]
    assert finding.outcome == "failed"
    assert (finding.counterexample is not None) is written
    if written:
        scope: dict[str, Any] = {"Layer": LeaksALittle}
        text = pytest_file(report.findings, ["import keras", "import numpy as np"], f"Layer({share})")
        exec(compile(text, "<test>", "exec"), scope)
        with pytest.raises(AssertionError):
            scope["test_masked_steps"]()
