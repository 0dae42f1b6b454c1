"""One dictionary of features as the input: a bag of category ids and some measurements, as tabular models take them."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import dense, double, draw, ids, relu


@keras.saving.register_keras_serializable("healthy")
class FeatureMixer(keras.layers.Layer):
    def __init__(self, vocabulary=7, width=3, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary = vocabulary
        self.width = width

    def build(self, input_shape):
        self.categories = keras.layers.Embedding(self.vocabulary, self.width, name="categories")
        self.numbers = keras.layers.Dense(self.width, activation="relu", name="numbers")
        self.categories.build(input_shape["categories"])
        self.numbers.build(input_shape["numbers"])

    def call(self, inputs):
        bag = ops.mean(self.categories(inputs["categories"]), axis=1)
        return ops.concatenate([bag, self.numbers(inputs["numbers"])], axis=-1)

    def compute_output_shape(self, input_shape):
        return (input_shape["numbers"][0], 2 * self.width)

    def get_config(self):
        return {**super().get_config(), "vocabulary": self.vocabulary, "width": self.width}


def reference(weights, features):
    bag = weights["categories/embeddings"][features["categories"]].mean(1)
    return np.concatenate([bag, relu(dense(double(features["numbers"]), weights, "numbers"))], -1)


CASE = Healthy(FeatureMixer, [{"categories": ids(3, 4, below=7), "numbers": draw(3, 2)}], reference)
