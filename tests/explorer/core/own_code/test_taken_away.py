"""What is taken away from the page: a program that asserts what it showed, and a file of tests for the layer."""

from __future__ import annotations

import numpy as np
import pytest
from asking import experiment
from learners import LEARNERS

from explorer.core.own_code import own_card
from explorer.core.run import run
from explorer.experiment import Experiment
from explorer.export.layer_test import layer_test
from explorer.export.program import script
from explorer.model.trace import Trace

NAMES = ("the root of a sum of squares", "masks of two inputs", "a branch that is never called")
FUTURE = """from __future__ import annotations

import keras


class Kept(keras.layers.Layer):
    def __init__(self, share: float = 0.5, **kwargs):
        super().__init__(**kwargs)
        self.share = share

    def call(self, inputs):
        return inputs["left"] * self.share + inputs["right"]

    def get_config(self):
        return {**super().get_config(), "share": self.share}
"""
TEXTS = {**{name: LEARNERS[name] for name in NAMES}, "an import from the future, and a dictionary": FUTURE}


def ran(code: str) -> tuple[Experiment, Trace]:
    asked = Experiment.from_json(experiment(code))
    return asked, run(asked)


@pytest.mark.parametrize("name", TEXTS)
def test_the_program_gives_what_the_page_showed(name: str) -> None:
    asked, trace = ran(TEXTS[name])
    names: dict[str, object] = {"__name__": "program"}
    exec(compile(script(asked, own_card(asked.layer, asked.code), trace), "program.py", "exec"), names)
    (output,) = names["outputs"]  # type: ignore[misc]
    np.testing.assert_allclose(np.asarray(output), trace.outputs[0].value, rtol=1e-6)


def test_the_tests_pass_on_the_layer_and_fail_on_another_one() -> None:
    asked, trace = ran(FUTURE)
    text = layer_test(asked, own_card(asked.layer, asked.code), trace)
    names: dict[str, object] = {"__name__": "test_your_layer"}
    exec(compile(text, "test_your_layer.py", "exec"), names)  # `your_layer` is the module of the text
    tests = {name: function for name, function in names.items() if name.startswith("test_")}
    assert set(tests) == {"test_shape_and_dtype", "test_is_healthy"}
    for function in tests.values():
        function()  # type: ignore[operator]
    other = FUTURE.replace('"share": self.share', '"name": self.name')
    asked, trace = ran(other)
    exec(compile(layer_test(asked, own_card(asked.layer, asked.code), trace), "test_your_layer.py", "exec"), names)
    with pytest.raises(AssertionError, match="share"):
        names["test_is_healthy"]()  # type: ignore[operator]
