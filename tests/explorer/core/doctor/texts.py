"""The ill layers of the tests as texts that stand for themselves, as a reader would have typed them."""

from __future__ import annotations

import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras

from explorer.core.doctor.curing.proving import Bench
from explorer.core.own_code.loading import loaded
from tests.explorer.core.doctor.hunted import Pair

HEADER = """import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from typing import Any


"""
DECORATOR = '@keras.saving.register_keras_serializable("texts")\n'


def name_of(layer_class: type) -> str:
    """The name that a class has in its text: of `Norm.Ill` that is Norm."""
    return layer_class.__qualname__.partition(".")[0]


def text_of(layer_class: type) -> str:
    """The class, and those of its module that it needs, registered, behind the usual imports."""
    return HEADER + "\n\n".join(_classes(layer_class, []))


def _classes(layer_class: type, known: list[type]) -> Iterator[str]:
    """The texts of a class and of what it names, in the order in which Python needs them."""
    known.append(layer_class)
    source = textwrap.dedent(inspect.getsource(layer_class)).removeprefix("@register\n")
    home = vars(sys.modules[layer_class.__module__])
    for other in (home.get(name) for name in re.findall(r"\b[A-Z]\w+", source)):
        mine = isinstance(other, type) and other.__module__ == layer_class.__module__ and other not in known
        if mine and issubclass(other, keras.layers.Layer):
            yield from _classes(other, known)
    name = name_of(layer_class)
    source = source.replace(f"class {layer_class.__name__}(", f"class {name}(")
    yield DECORATOR + re.sub(r"  # noqa.*", "", source)


def bench(code: str, name: str, inputs: Sequence[Any], **keywords: Any) -> Bench:
    """What changes of a text are tried on."""

    def make(text: str) -> tuple[type, Callable[[], Any]]:
        found: Any = getattr(loaded(text).module, name)
        return found, found

    return Bench(code, make, list(inputs), **keywords)


def bench_of(pair: Pair) -> Bench:
    """The ill layer of a pair."""
    return bench(text_of(pair.ill), name_of(pair.ill), pair.inputs)
