"""An activation made in the constructor out of private attributes: a closure over names that Python mangles."""

import keras
import numpy as np
from keras import ops

from tests.healthy.case import Healthy
from tests.healthy.numbers import dense, double, draw


@keras.saving.register_keras_serializable("healthy")
class PrivateActivation(keras.layers.Layer):
    def __init__(self, units=2, slope=0.3, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.__slope = slope

        def activate(x):
            return ops.where(x > 0, x, self.__slope * x)

        self.__activate = activate
        self.smooth = lambda x: ops.tanh(self.__slope * x)

    def build(self, input_shape):
        self.__dense = keras.layers.Dense(self.units, name="dense")
        self.__dense.build(input_shape)

    def __doubled(self, x):
        return x + x

    def call(self, inputs):
        x = self.__activate(self.__dense(inputs))
        return self.__doubled(x) + self.smooth(x)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "slope": self.__slope}


def reference(weights, x):
    y = dense(double(x), weights, "dense")
    y = np.where(y > 0, y, 0.3 * y)
    return 2 * y + np.tanh(0.3 * y)


CASE = Healthy(PrivateActivation, [draw(3, 4)], reference)
