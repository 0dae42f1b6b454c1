"""A layer that assigns to one of Keras's read-only properties fails, whatever it assigns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras


@contextmanager
def read_only_properties() -> Iterator[None]:
    """Refuse, in the block, to set a property that has no setter, as Python does.

    Otherwise it is passed over in silence if the value is the very object that the property gives at that moment:
    `self.variable_dtype = "float32"` then works or fails by the machine's configuration file, and
    `self.quantization_mode = None` works until the layer is quantized.
    """
    usual = keras.layers.Layer.__setattr__

    def strict(layer: Any, name: str, value: Any) -> None:
        known = getattr(type(layer), name, None)
        if isinstance(known, property) and known.fset is None:
            raise AttributeError(f"property {name!r} of {type(layer).__name__!r} object has no setter", name=name)
        usual(layer, name, value)

    keras.layers.Layer.__setattr__ = strict
    try:
        yield
    finally:
        keras.layers.Layer.__setattr__ = usual
