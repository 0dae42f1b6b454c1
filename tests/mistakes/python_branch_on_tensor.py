"""Python decides, or loops, by the value of a tensor."""

import keras
from keras import ops

from tests.mistakes.case import wrong


@wrong("symbolic", "if ops.sum(x) > 0:")
class Sign(keras.layers.Layer):
    def call(self, x):
        if ops.sum(x) > 0:
            return x
        return -x


@wrong("symbolic", "while ")
class Halve(keras.layers.Layer):
    def call(self, x):
        while ops.max(x) > 1.0:
            x = x / 2.0
        return x


@wrong("symbolic", "for row in x:")
class Rows(keras.layers.Layer):
    def call(self, x):
        total = 0.0
        for row in x:
            total = total + row
        return x + total


@wrong("symbolic", "x if ")
class Choice(keras.layers.Layer):
    """In an expression, in a helper."""

    def call(self, x):
        return self.pick(x, ops.mean(x))

    def pick(self, x, level):
        return x if level > 0 else x * 0.0


@wrong("symbolic", "assert ")
class Checked(keras.layers.Layer):
    def call(self, inputs):
        assert ops.all(inputs >= 0.0), "only positive inputs"
        return ops.sqrt(inputs)


@wrong("symbolic", " and ")
class Both(keras.layers.Layer):
    def call(self, x):
        inside = ops.min(x) >= 0 and ops.max(x) <= 10
        return ops.where(inside, x, 0.0)
