"""Code as learners write it, each text with what is special about it: {name: text}."""

from __future__ import annotations

import re

_TEXTS = '''
#### masks of two inputs
class Pair(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
    def call(self, first, second, mask=None):
        joined = first + second
        return joined if mask is None else joined * ops.cast(mask[..., None], joined.dtype)
#### softmax over a mask of minus infinity
class Scores(layers.Layer):
    def call(self, x, mask=None):
        s = ops.matmul(x, ops.swapaxes(x, 1, 2))
        if mask is not None:
            s = ops.where(mask[:, None, :], s, -np.inf)
        return ops.matmul(ops.softmax(s), x)
#### the root of a sum of squares
class Norm(layers.Layer):
    def call(self, x):
        return x / ops.sqrt(ops.sum(x**2, axis=-1, keepdims=True))
#### a branch that is never called
class Branches(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.branches = [layers.Dense(3) for _ in range(2)]
    def call(self, x):
        return self.branches[0](x)
#### a loss that grows with the batch
class Penalty(layers.Layer):
    def call(self, x):
        self.add_loss(0.1 * ops.sum(x**2))
        return x
#### a stride that shortens time
class Shorter(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.conv = layers.Conv1D(4, 2, strides=2)
    def call(self, x):
        return self.conv(x)
#### heads split without a transpose
class Heads(layers.Layer):
    def call(self, x):
        b, t, c = ops.shape(x)
        h = ops.reshape(x, (b, 2, t, c // 2))
        return ops.reshape(ops.softmax(h), (b, t, c))
#### a reshape in place of a transpose
class Turned(layers.Layer):
    def call(self, x):
        return ops.reshape(x, (x.shape[0], x.shape[2], x.shape[1]))
#### a table of positions
class Positions(layers.Layer):
    def build(self, input_shape):
        self.table = self.add_weight(name="table", shape=(input_shape[1], input_shape[2]))
    def call(self, x):
        return x + self.table
#### only tensorflow
class Cut(layers.Layer):
    def call(self, x):
        return tf.nn.relu(tf.reduce_sum(x, axis=-1))
#### layers under Keras's own name
class Stack(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self._layers = [layers.Dense(4)]
    def call(self, x):
        for layer in self._layers:
            x = layer(x)
        return x
#### a product before a recurrent layer
class Read(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.rnn = layers.GRU(3)
    def call(self, x):
        return self.rnn(x * 2.0)
#### right only for a square
class Square(layers.Layer):
    def call(self, x):
        return x - ops.mean(x, axis=-1)
#### the batch in a weight
class State(layers.Layer):
    def build(self, input_shape):
        self.state = self.add_weight(name="state", shape=(2, input_shape[-1]), initializer="zeros", trainable=False)
    def call(self, x):
        self.state.assign(self.state * 0.5 + x)
        return x + self.state
#### a function as an argument
class Apply(layers.Layer):
    def __init__(self, sizes=None, fn=None, **kwargs):
        super().__init__(**kwargs)
        self.sizes = sizes or {"a": 2}
        self.fn = fn or (lambda z: z * 2.0)
    def call(self, x):
        return self.fn(x)
#### a layer made in call
class Late(layers.Layer):
    def call(self, x):
        return layers.Dense(3)(x)
#### the size of the batch in Python
class Flat(layers.Layer):
    def call(self, x):
        return ops.reshape(x, (x.shape[0], -1))
#### numpy inside
class Centred(layers.Layer):
    def call(self, x):
        return x - np.asarray(x).mean()
#### a constant of one dtype
class Doubled(layers.Layer):
    def call(self, x):
        return x * tf.constant(2.0)
#### a default that all instances share
class Shared(layers.Layer):
    def __init__(self, units=[4], **kwargs):
        super().__init__(**kwargs)
        self.many = [layers.Dense(u) for u in units]
        units.append(4)
    def call(self, x):
        for one in self.many:
            x = one(x)
        return x
#### several classes
class Inner(layers.Layer):
    def call(self, x):
        return x * 0.5
class Outer(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = Inner()
    def call(self, x):
        return self.inner(x) + 1.0
#### a helper function
def scaled(x, by):
    return x * by
class Scaled(layers.Layer):
    def __init__(self, by: float, **kwargs):
        super().__init__(**kwargs)
        self.by = by
    def call(self, x):
        return scaled(x, self.by)
#### an abstract parent
class Base(layers.Layer):
    def shift(self):
        raise NotImplementedError
class Shifted(Base):
    def shift(self):
        return 1.0
    def call(self, x):
        return x + self.shift()
#### a functional model inside
class Wrapped(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        given = keras.Input((6,))
        self.model = keras.Model(given, layers.Dense(2)(given))
    def call(self, x):
        return self.model(x)
#### a sequential model inside
class Block(layers.Layer):
    def __init__(self, units: int, activation: str = "relu", **kwargs):
        super().__init__(**kwargs)
        self.net = keras.Sequential([layers.Dense(units, activation=activation), layers.Dropout(0.5)])
    def call(self, x, training=False):
        return self.net(x, training=training)
#### a dictionary of inputs
class Lookup(layers.Layer):
    def call(self, inputs):
        return inputs["left"] * inputs["right"]
#### a list that is unpacked
class Unpacked(layers.Layer):
    def call(self, inputs):
        query, key = inputs
        return ops.softmax(ops.matmul(query, ops.transpose(key)))
#### a list by places
class Places(layers.Layer):
    def call(self, pair):
        left = pair[0]
        right = pair[1]
        return left - right
#### any number of inputs
class Total(layers.Layer):
    def call(self, parts):
        total = 0.0
        for part in parts:
            total = total + part
        return ops.concatenate([total, total], axis=-1)
#### keywords only
class Gate(layers.Layer):
    def call(self, x, *, gate):
        return x * ops.sigmoid(gate)
#### starred arguments
class Starred(layers.Layer):
    def call(self, *tensors):
        a, b = tensors
        return a + b
#### tokens
class Tokens(layers.Layer):
    def __init__(self, vocabulary=10, size=3, **kwargs):
        super().__init__(**kwargs)
        self.table = layers.Embedding(vocabulary, size)
    def call(self, ids):
        return ops.mean(self.table(ids), axis=1)
#### pictures
class Blur(layers.Layer):
    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(3, 3, input_shape[-1], 1), initializer="ones")
    def call(self, image):
        b, h, w, c = ops.shape(image)
        return ops.depthwise_conv(image, self.kernel / 9.0, padding="same")
#### a subclass of one of Keras's
class Standardised(layers.Conv2D):
    def call(self, inputs):
        return super().call(inputs) * 2.0
#### a cell
class Cell(layers.Layer):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = units
        self.inner = layers.Dense(units)
    def call(self, inputs, states):
        out = ops.tanh(self.inner(inputs) + ops.mean(states, axis=-1, keepdims=True))
        return out, [out]
#### a compiled call
class Compiled(layers.Layer):
    @tf.function
    def call(self, x):
        return tf.math.tanh(x) * 2.0
#### two outputs by name
class Named(layers.Layer):
    def call(self, x):
        return {"mean": ops.mean(x, axis=-1), "most": ops.max(x, axis=-1)}
#### a choice and a shape
class Chosen(layers.Layer):
    def __init__(self, how: Literal["sum", "mean"], window: tuple[int, int], limit: int | None = None, **kwargs):
        super().__init__(**kwargs)
        self.how, self.window, self.limit = how, window, limit
    def call(self, x):
        return getattr(ops, self.how)(x, axis=-1)[: self.limit] * float(self.window[0])
#### stated in the docstring
class Told(layers.Layer):
    """Adds up over time.

    Input shape: (batch, time, features).
    """
    def call(self, x):
        return ops.sum(x, axis=1)
#### a model
class Net(keras.Model):
    def __init__(self, units=3):
        super().__init__()
        self.first = layers.Dense(units)
    def call(self, x):
        return self.first(x)
'''
_HEAD = """from typing import Literal

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

"""
LEARNERS = {
    name.strip(): _HEAD + text for name, text in re.findall(r"^#### (.*)\n((?:(?!####).*\n)+)", _TEXTS, re.MULTILINE)
}
