"""The training flag reaches the layers inside, also where the layer's own `call` does not name it."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from explorer.core.tracing.record import traced
from explorer.core.under_test import LayerUnderTest
from explorer.experiment import Experiment


class Inside(keras.layers.Layer):
    """A layer whose `call` knows nothing of training."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout = keras.layers.Dropout(0.5, seed=1)

    def call(self, x):
        return self.dropout(x)


@pytest.mark.parametrize("training", [True, False])
def test_the_training_flag_reaches_layers_inside(training: bool) -> None:
    test = LayerUnderTest(Experiment("linear", training=training))
    outputs = {"called": test.call(Inside()), "traced": traced(test.live(Inside())).outputs[0].value}
    for name, output in outputs.items():
        same = np.array_equal(np.asarray(output), test.arrays[0])
        assert same is not training, name
