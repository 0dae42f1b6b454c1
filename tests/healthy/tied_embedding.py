"""An embedding that also reads out (Press and Wolf, 2017): one table turns ids into vectors and vectors into scores."""

import keras
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw, ids


@keras.saving.register_keras_serializable("healthy")
class TiedEmbedding(keras.layers.Layer):
    def __init__(self, vocabulary=6, width=3, initializer="uniform", **kwargs):
        super().__init__(**kwargs)
        self.vocabulary = vocabulary
        self.width = width
        self.initializer = keras.initializers.get(initializer)

    def build(self, input_shape=None):
        self.table = self.add_weight(shape=(self.vocabulary, self.width), initializer=self.initializer, name="table")

    def call(self, inputs, reverse=False):
        if reverse:
            return ops.matmul(inputs, ops.transpose(ops.cast(self.table, inputs.dtype)))
        return ops.take(self.table, ops.cast(inputs, "int32"), axis=0) * self.width**0.5

    def compute_output_spec(self, inputs, reverse=False):
        if reverse:
            return keras.KerasTensor((*inputs.shape[:-1], self.vocabulary), self.compute_dtype)
        return keras.KerasTensor((*inputs.shape, self.width), self.compute_dtype)

    def get_config(self):
        config = super().get_config()
        config.update(
            vocabulary=self.vocabulary, width=self.width, initializer=keras.initializers.serialize(self.initializer)
        )
        return config


def reference(weights, x, reverse=False):
    table = weights["table"]
    return double(x) @ table.T if reverse else table[x] * 3**0.5


FORWARD = Healthy(TiedEmbedding, [ids(2, 4, below=6)], reference, unknown=(1,))
REVERSE = Healthy(TiedEmbedding, [draw(2, 4, 3)], reference, keywords={"reverse": True}, unknown=(1,), name="reverse")
