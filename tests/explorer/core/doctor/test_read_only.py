"""A layer that sets a property of Keras's own is ill, even where the value it sets is the one that is there."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from explorer.core.doctor import examine


class Typed(keras.layers.Layer):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.variable_dtype = "float32"

    def call(self, x: Any) -> Any:
        return x * 2.0


class Quantised(keras.layers.Layer):
    def build(self, input_shape: Any) -> None:
        self.quantization_mode = None

    def call(self, x: Any) -> Any:
        return x * 2.0


class Own(keras.layers.Layer):
    """Its own property has no setter either."""

    @property
    def factor(self) -> None:
        return None

    def call(self, x: Any) -> Any:
        self.factor = None
        return x * 2.0


CASES = [(Typed, 'self.variable_dtype = "float32"'), (Quantised, "self.quantization_mode = None")]


@pytest.mark.parametrize(("layer_class", "line"), CASES)
@pytest.mark.parametrize("floatx", ["the word itself", "equal, as a configuration file gives it"])
def test_it_is_named_whatever_the_configuration(layer_class: Any, line: str, floatx: str) -> None:
    before = keras.config.floatx()
    keras.config.set_floatx("float32" if floatx == "the word itself" else "".join(["float", "32"]))
    try:
        report = examine(layer_class, [np.ones((2, 3), "float32")])
    finally:
        keras.config.set_floatx(before)
    (finding,) = (f for f in report.findings if f.mistake == "reserved_attribute")
    assert finding.outcome == "failed" and finding.place is not None and finding.place.text == line


def test_a_property_of_the_layers_own_counts_too() -> None:
    (first, *_) = (f for f in examine(Own, [np.ones((2, 3), "float32")]).findings if f.outcome == "failed")
    assert "factor" in str(first.seen) + first.detail


def test_outside_of_an_examination_keras_decides() -> None:
    examine(Quantised, [np.ones((2, 3), "float32")])
    Quantised()(np.ones((2, 3), "float32"))  # passes in silence: None is what is there
