"""Small layers as the documents write them, and what becomes of them."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from explorer.core.lifecycle.calls.registry import call
from explorer.model.trace import Message


@call("writing", Message("A layer with one method"), Message("build and compute_output_shape may be left out."))
def call_alone() -> Any:
    class Double(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return 2 * x

    return Double()(keras.ops.ones((1, 2))), Double()(keras.Input((2,)))


@call(
    "writing",
    Message("A dead method in a class"),
    Message("get_output_shape_for is never asked: Keras believes the call."),
)
def dead_method() -> Any:
    class Double(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return 2 * x

        def get_output_shape_for(self, input_shape: Any) -> Any:
            raise NotImplementedError

    return Double()(keras.Input((2,))).shape


@call(
    "writing",
    Message("super().build() without a shape"),
    Message("Keras sets built by itself: leave the line out."),
    modern="build_alone",
)
def super_build() -> Any:
    class Scale(keras.layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.scale = self.add_weight(name="scale", shape=(input_shape[-1],))
            super().build()

        def call(self, x: Any) -> Any:
            return x * self.scale

    return Scale()(keras.ops.ones((1, 2)))


@call("writing", Message("build without super().build()"), Message("built is True afterwards."))
def build_alone() -> Any:
    class Scale(keras.layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.scale = self.add_weight(name="scale", shape=(input_shape[-1],))

        def call(self, x: Any) -> Any:
            return x * self.scale

    layer = Scale()
    y = layer(keras.ops.ones((1, 2)))
    return layer.built, y


@call(
    "writing",
    Message("A tf.Variable as a weight"),
    Message("Keras does not track it: no weights, and nothing trains."),
    modern="add_weight",
)
def tf_variable() -> Any:
    class Scale(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.scale = tf.Variable([1.0, 1.0])

        def call(self, x: Any) -> Any:
            return x * self.scale

    layer = Scale()
    y = layer(keras.ops.ones((1, 2)))
    return {"y": y, "weights": layer.weights, "count_params": layer.count_params()}


@call("writing", Message("add_weight"), Message("Tracked, counted, saved and trained."))
def add_weight() -> Any:
    class Scale(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.scale = self.add_weight(name="scale", shape=(2,), initializer="ones")

        def call(self, x: Any) -> Any:
            return x * self.scale

    layer = Scale()
    y = layer(keras.ops.ones((1, 2)))
    return {"y": y, "weights": layer.weights, "count_params": layer.count_params()}


@call(
    "writing",
    Message("A layer that is made in call"),
    Message("State cannot be added once the layer is built."),
    modern="layer_in_init",
)
def layer_in_call() -> Any:
    class Block(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            self.dense = keras.layers.Dense(2)
            return self.dense(x)

    return Block()(keras.ops.ones((1, 2)))


@call("writing", Message("A layer that is made in the constructor"))
def layer_in_init() -> Any:
    class Block(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def call(self, x: Any) -> Any:
            return self.dense(x)

    block = Block()
    y = block(keras.ops.ones((1, 2)))
    return y.shape, len(block.weights)


@call("writing", Message("A call without a return"), Message("It gives None; what comes next fails."))
def no_return() -> Any:
    class Nothing(keras.layers.Layer):
        def call(self, x: Any) -> None:
            2 * x

    x = keras.Input((2,))
    y = Nothing()(x)
    return keras.Model(x, y)


@call("writing", Message("The mask argument of call"), Message("Keras hands the mask over by itself."))
def mask_argument() -> Any:
    class Sum(keras.layers.Layer):
        def call(self, x: Any, mask: Any = None) -> Any:
            kept = x if mask is None else x * keras.ops.cast(mask, x.dtype)[..., None]
            return keras.ops.sum(kept, axis=1)

    x = keras.ops.array([[[1.0], [2.0], [0.0]]])
    return Sum()(x), Sum()(keras.layers.Masking(mask_value=2.0)(x))


@call(
    "writing",
    Message("call without self"),
    Message("Python puts the layer first; the method must take it."),
    modern="call_alone",
)
def call_without_self() -> Any:
    class Double(keras.layers.Layer):
        def call(x: Any) -> Any:
            return 2 * x

    return Double()(keras.ops.ones((1, 2)))


@call(
    "writing",
    Message("A weight of shape ()"),
    Message("It is one number: a product over axes has none to take."),
    modern="ops_matmul",
)
def empty_shape() -> Any:
    class Product(keras.layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.kernel = self.add_weight(name="kernel", shape=())

        def call(self, x: Any) -> Any:
            return keras.ops.dot(x, self.kernel)

    layer = Product()
    y = layer(keras.ops.ones((2, 3)))
    return {"kernel": layer.kernel, "y": y}


@call(
    "writing",
    Message("The constructor passes **kwargs on"),
    Message("Keras's own arguments (name, dtype, trainable) then work, and a saved layer loads."),
)
def constructor_keywords() -> Any:
    class Double(keras.layers.Layer):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)

        def call(self, x: Any) -> Any:
            return 2 * x

    layer = Double(name="twice", dtype="float64")
    return {"name": layer.name, "dtype": layer.dtype, "again": Double.from_config(layer.get_config()).name}


@call(
    "writing",
    Message("A misspelled __init__"),
    Message("Python does not know `_init_`, so Keras's own constructor is given the argument."),
    modern="constructor_keywords",
)
def misspelled_init() -> Any:
    class Linear(keras.layers.Layer):
        def _init_(self, units: Any = 32) -> None:
            self.units = units

        def call(self, x: Any) -> Any:
            return x

    return Linear(4)
