"""Take a wrong layer through its life until the moment at which the mistake shows."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tests.mistakes.case import Case


class Holder(keras.Model):
    """A subclassed model around one layer, which it builds as Keras advises: by building its parts."""

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = layer

    def build(self, input_shape: Any) -> None:
        self.inner.build(input_shape)

    def call(self, x: Any) -> Any:
        return self.inner(x)


def made(case: Case) -> Any:
    """A fresh layer."""
    arguments = {name: value() if isinstance(value, type) else value for name, value in case.arguments.items()}
    return case.layer_class(**arguments)


def example(case: Case) -> Any:
    """An input."""
    values = np.arange(np.prod(case.shape)).reshape(case.shape) % 5
    return keras.ops.convert_to_tensor(values.astype(case.dtype))


def provoke(case: Case) -> tuple[str, BaseException | None]:
    """The moment at which it fails, and the error; "silent" and None if it never does until its own moment."""
    life = Life(case)
    for moment in life.moments():
        try:
            getattr(life, moment)()
        except Exception as error:
            return moment, error
    return "silent", None


class Life:
    """One layer, moment by moment."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.layer: Any = None
        self.feed = case.feed or (lambda layer, x: layer(x))

    def moments(self) -> list[str]:
        """Those to live through: construction and a call, and then the one at which this mistake shows."""
        last = self.case.moment
        if last == "construct":
            return ["construct"]
        if last == "build":
            return ["construct", "build"]
        before = ["construct", "call"]
        return before if last in ("call", "silent") else [*before, last]

    def construct(self) -> None:
        self.layer = made(self.case)

    def build(self) -> None:
        self.layer.build((None, *self.case.shape[1:]))

    def call(self) -> Any:
        return self.feed(self.layer, example(self.case))

    def symbolic(self) -> None:
        self._model(made(self.case))

    def config(self) -> None:
        twin = self.case.layer_class.from_config(self.layer.get_config())
        self.feed(twin, example(self.case))

    def save(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self._model(self.layer).save(Path(folder) / "model.keras")

    def load(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.keras"
            self._model(self.layer).save(path)
            known = {self.case.layer_class.__name__: self.case.layer_class} if self.case.registered else None
            keras.models.load_model(path, custom_objects=known)

    def weights(self) -> None:
        first, second = Holder(made(self.case)), Holder(made(self.case))
        x = example(self.case)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.weights.h5"
            first(x)
            first.save_weights(path)
            second.build(tuple(x.shape))
            second.load_weights(path)

    def fit(self) -> None:
        model = self._model(self.layer)
        model.compile("sgd", "mse")
        x = np.asarray(example(self.case))
        model.fit(x, np.zeros(np.shape(model(x))), verbose=0)

    def _model(self, layer: Any) -> Any:
        inputs = keras.Input(self.case.shape[1:], dtype=self.case.dtype)
        return keras.Model(inputs, self.feed(layer, inputs))
