"""What a layer's next call starts from, so that it can be called again and again from there, and left as it was."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.keras_private import SEED_GENERATOR, eager_context, forget_drawn, global_attribute, parts_of

_PLAIN = (bool, int, float, complex, str, bytes, type(None), np.ndarray, np.generic, tf.Tensor)
_CONTAINERS = (list, set, dict)
_SEED = 0


class Snapshot:
    """Variables, plain attributes and generators of random numbers, as they are when it is made.

    Args:
        layer: the layer that is to be called. It must be built.
    """

    def __init__(self, layer: keras.layers.Layer) -> None:
        self._layer = layer
        self._values: dict[int, tuple[Any, Any]] = {}
        self._attributes = [(vars(part), _plain(vars(part))) for part in _parts(layer)]
        self._containers = [(held, list(_items(held))) for part in _parts(layer) for held in _held(part)]
        self._random, self._numpy = random.getstate(), np.random.get_state()
        self._unseeded = eager_context()._seed is None
        if self._unseeded:  # else TensorFlow's own generators never give the same twice
            eager_context()._seed, eager_context()._rng = _SEED, random.Random(_SEED)
            forget_drawn()
        self._tensorflow = eager_context()._rng.getstate()
        self._adopt()

    def again(self) -> None:
        """Put everything back for another call."""
        self._adopt()
        for variable, value in self._values.values():
            variable.assign(value)
        for attributes, before in self._attributes:
            changed = {n: v for n, v in before.items() if attributes.get(n) is not v and _is_plain(attributes.get(n))}
            attributes.update(changed)
        for held, items in self._containers:
            if not _same(items, list(_items(held))):
                held.clear()
                held.update(items) if isinstance(held, (dict, set)) else held.extend(items)
        random.setstate(self._random)
        np.random.set_state(self._numpy)
        eager_context()._rng.setstate(self._tensorflow)
        forget_drawn()

    def leave(self) -> None:
        """Put everything back for good."""
        self.again()
        if self._unseeded:
            eager_context()._seed = None

    def moved(self) -> bool:
        """Whether a call has changed anything that a next one reads: a variable, or a generator of random numbers."""
        same = all(np.array_equal(value, _read(variable)) for variable, value in self._values.values())
        return not same or self._drew() or random.getstate() != self._random or _drawn_by_numpy(self._numpy)

    def _drew(self) -> bool:
        return bool(eager_context()._rng.getstate() != self._tensorflow)

    def _adopt(self) -> None:
        """Remember variables that are new: some are made in the first call."""
        for variable in _variables(self._layer):
            if id(variable) not in self._values:
                self._values[id(variable)] = (variable, _read(variable))


@contextmanager
def put_back(layer: keras.layers.Layer) -> Iterator[None]:
    """After the block the layer, and the generators of random numbers, are as they were before it."""
    before = Snapshot(layer)
    try:
        yield
    finally:
        before.leave()


def _parts(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    return parts_of(layer)


def _variables(layer: keras.layers.Layer) -> Iterator[Any]:
    """Those that Keras tracks, and those that are kept in an attribute only, as the states of recurrent layers are."""
    yield from layer.variables
    yield from layer.weights
    seeds = global_attribute(SEED_GENERATOR)
    if seeds is not None:
        yield seeds.state
    for part in _parts(layer):
        for value in vars(part).values():
            leaves = value if isinstance(value, (list, tuple)) else (value,)
            yield from (leaf for leaf in leaves if isinstance(leaf, (keras.Variable, tf.Variable)))


def _read(variable: Any) -> Any:
    """Its value; TensorFlow copies it when the variable is written, not before."""
    own = variable.value if isinstance(variable, keras.Variable) else variable
    return own.read_value() if isinstance(own, tf.Variable) else tf.convert_to_tensor(own)


def _is_plain(value: Any) -> bool:
    return isinstance(value, _PLAIN)


def _plain(attributes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if _is_plain(value)}


def _held(part: keras.layers.Layer) -> Iterator[Any]:
    """Lists, sets and dictionaries of plain values; one that holds layers or variables is Keras's to keep."""
    for value in vars(part).values():
        if isinstance(value, _CONTAINERS) and all(map(_is_plain, value.values() if isinstance(value, dict) else value)):
            yield value


def _items(held: Any) -> Any:
    return held.items() if isinstance(held, dict) else held


def _same(one: list[Any], other: list[Any]) -> bool:
    if len(one) != len(other):
        return False
    flat = zip(keras.tree.flatten(one), keras.tree.flatten(other), strict=False)
    return all(a is b or (type(a) is type(b) and isinstance(a, (int, float, str)) and a == b) for a, b in flat)


def _drawn_by_numpy(before: Any) -> bool:
    after: Any = np.random.get_state()
    return bool(before[2] != after[2] or not np.array_equal(before[1], after[1]))
