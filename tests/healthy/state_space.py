"""A diagonal state-space model (Gu et al., 2022): a linear recurrence along time, by `ops.scan` and by a loop."""

import keras
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw, sigmoid


class StateSpace(keras.layers.Layer):
    def __init__(self, state=3, **kwargs):
        super().__init__(**kwargs)
        self.state = state

    def build(self, input_shape):
        width = input_shape[-1]
        self.decay = self.add_weight(shape=(self.state,), initializer="random_normal", name="decay")
        self.enter = self.add_weight(shape=(width, self.state), name="enter")
        self.leave = self.add_weight(shape=(self.state, width), name="leave")
        self.skip = self.add_weight(shape=(width,), initializer="ones", name="skip")

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "state": self.state}


@keras.saving.register_keras_serializable("healthy")
class ScannedStateSpace(StateSpace):
    def call(self, inputs):
        decay = ops.sigmoid(self.decay)
        driven = ops.transpose(ops.matmul(inputs, self.enter), (1, 0, 2))

        def step(state, entering):
            state = state * decay + entering
            return state, state

        _, states = ops.scan(step, ops.zeros_like(driven[0]), driven)
        return ops.matmul(ops.transpose(states, (1, 0, 2)), self.leave) + inputs * self.skip


@keras.saving.register_keras_serializable("healthy")
class UnrolledStateSpace(StateSpace):
    def call(self, inputs):
        decay = ops.sigmoid(self.decay)
        driven = ops.matmul(inputs, self.enter)
        state = ops.zeros_like(driven[:, 0])
        states = []
        for step in range(inputs.shape[1]):
            state = state * decay + driven[:, step]
            states.append(state)
        return ops.matmul(ops.stack(states, axis=1), self.leave) + inputs * self.skip


def reference(weights, x):
    x = double(x)
    decay = sigmoid(weights["decay"])
    out = x * weights["skip"]
    for step in range(x.shape[1]):
        for earlier in range(step + 1):  # the recurrence written out as a convolution
            out[:, step] += (x[:, earlier] @ weights["enter"] * decay ** (step - earlier)) @ weights["leave"]
    return out


SCANNED = Healthy(ScannedStateSpace, [draw(2, 4, 3)], reference, name="scan")
UNROLLED = Healthy(UnrolledStateSpace, [draw(2, 4, 3)], reference, name="loop")
