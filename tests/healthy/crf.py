"""The log-partition of a linear-chain random field (Lafferty et al., 2001): every path of tags, summed step by step."""

import itertools

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import double, draw, log_sum_exp

MASK = np.array([[True, True, True, False], [True, True, False, False]])


@keras.saving.register_keras_serializable("healthy")
class ChainPartition(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        tags = input_shape[-1]
        self.transitions = self.add_weight(shape=(tags, tags), initializer="random_normal", name="transitions")
        self.start = self.add_weight(shape=(tags,), initializer="zeros", name="start")

    def call(self, inputs, mask=None):
        alpha = inputs[:, 0] + self.start
        for step in range(1, inputs.shape[1]):
            paths = alpha[:, :, None] + self.transitions[None] + inputs[:, step, None, :]
            longer = ops.logsumexp(paths, axis=1)
            alpha = longer if mask is None else ops.where(mask[:, step, None], longer, alpha)
        return ops.logsumexp(alpha, axis=-1)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return (input_shape[0],)


def reference(weights, scores, mask=None):
    """Every path, one by one."""
    totals = []
    for sample in range(scores.shape[0]):
        steps = scores.shape[1] if mask is None else int(mask[sample].sum())
        paths = []
        for tags in itertools.product(range(scores.shape[2]), repeat=steps):
            path = weights["start"][tags[0]] + sum(double(scores)[sample, k, tag] for k, tag in enumerate(tags))
            paths.append(path + sum(weights["transitions"][a, b] for a, b in itertools.pairwise(tags)))
        totals.append(log_sum_exp(np.array(paths), 0))
    return np.array(totals)


PLAIN = Healthy(ChainPartition, [draw(2, 4, 3)], reference)
MASKED = Healthy(
    ChainPartition, [draw(2, 4, 3)], lambda weights, x: reference(weights, x, MASK), mask=MASK, name="masked"
)
