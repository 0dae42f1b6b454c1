"""A recurrent cell of two states, a value and a trace of it that decays slowly, run by `keras.layers.RNN`."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw, sigmoid

MASK = np.array([[True, True, True, False], [True, True, True, True]])


@keras.saving.register_keras_serializable("healthy")
class TraceCell(keras.layers.Layer):
    def __init__(self, units, decay=0.75, recurrent_initializer="orthogonal", **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.decay = decay
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.state_size = [units, units]
        self.output_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], 2 * self.units), name="kernel")
        self.recurrent = self.add_weight(
            shape=(self.units, 2 * self.units), initializer=self.recurrent_initializer, name="recurrent"
        )
        self.bias = self.add_weight(shape=(2 * self.units,), initializer="zeros", name="bias")

    def call(self, inputs, states):
        hidden, slow = states
        both = ops.matmul(inputs, self.kernel) + ops.matmul(hidden, self.recurrent) + self.bias
        gate, candidate = ops.split(both, 2, axis=-1)
        hidden = ops.sigmoid(gate) * hidden + (1.0 - ops.sigmoid(gate)) * ops.tanh(candidate + slow)
        slow = self.decay * slow + (1.0 - self.decay) * hidden
        return hidden, [hidden, slow]

    def get_config(self):
        config = super().get_config()
        config.update(
            units=self.units,
            decay=self.decay,
            recurrent_initializer=keras.initializers.serialize(self.recurrent_initializer),
        )
        return config


def reference(weights, x, mask=None):
    w = {name.rpartition("/")[2]: value for name, value in weights.items()}
    hidden = slow = np.zeros((x.shape[0], 3))
    outputs = []
    for step in range(x.shape[1]):
        both = double(x)[:, step] @ w["kernel"] + hidden @ w["recurrent"] + w["bias"]
        gate, candidate = sigmoid(both[:, :3]), both[:, 3:]
        new = gate * hidden + (1 - gate) * np.tanh(candidate + slow)
        new_slow = 0.75 * slow + 0.25 * new
        live = np.ones((x.shape[0], 1), bool) if mask is None else mask[:, step : step + 1]
        hidden, slow = np.where(live, new, hidden), np.where(live, new_slow, slow)
        outputs.append(hidden)
    return np.stack(outputs, 1)


def make():
    return keras.layers.RNN(TraceCell(3, name="cell"), return_sequences=True, name="rnn")


PLAIN = Healthy(make, [draw(2, 4, 2)], reference, unknown=(1,))
MASKED = Healthy(
    make,
    [draw(2, 4, 2)],
    lambda weights, x: reference(weights, x, MASK),
    mask=MASK,
    output_mask=MASK,
    unknown=(1,),
    name="masked",
)
