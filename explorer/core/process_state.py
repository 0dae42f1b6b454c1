"""What all jobs of one process share: settings, registries, the attributes of classes and modules.

A job must leave it as it was, or it would change the numbers of the next visitor. `World` remembers it, and tells what
is different now; what differs is not put back but told, so that the process can be replaced. Only what jobs change by
their nature is put back, by `tidy`: the automatic names, and the generators of random numbers.

Attributes are compared by identity, so that tens of thousands of them take about a millisecond.
"""

from __future__ import annotations

import inspect
import operator
import sys
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.keras_private import (
    NAME_COUNTERS,
    SEED_GENERATOR,
    global_attributes,
    keras_config,
    object_registration,
    set_random_seed,
)
from explorer.core.names import reset_names
from explorer.engine.process_settings import SETTINGS, Part

_PACKAGES = ("keras", "layers")
"""The modules below these are looked at."""
_UNUSED = ("keras._tf_keras", *(f"keras.{name}" for name in ("applications", "datasets", "preprocessing", "wrappers")),
           *(f"keras.src.{name}" for name in ("applications", "callbacks", "datasets", "distribution", "export",
             "legacy", "metrics", "quantizers", "testing", "visualization", "wrappers")))  # fmt: skip
"""Except those below these, which compute nothing that is shown."""
_TENSORFLOW = ("array_ops", "math_ops", "nn_ops", "nn_impl")
"""Of `tensorflow.python.ops`, the modules whose functions layers call."""
_PASSING = ("dtype_policy", NAME_COUNTERS, SEED_GENERATOR, "saving_attr_skipset")
"""Keras's global attributes that are told by name, that `tidy` puts back, or that only save it a second look."""
_NOTED = frozenset(("__annotations__", "__slotnames__", "__warningregistry__", "__msgspec_cache__"))
"""What Python itself, and the library that reads messages, note on a class or a module when they first look at it."""


class World:
    """A process as it is now, to be compared with what it becomes."""

    def __init__(self) -> None:
        self._modules = {name: module for name, module in list(sys.modules.items()) if _is_looked_at(name)}
        self._classes = {f"{one.__module__}.{one.__qualname__}": one for one in _classes(self._modules.values())}
        self._tables = dict(_tables(self._modules))
        named = ((name, vars(owner)) for name, owner in (*self._modules.items(), *self._classes.items()))
        self._attributes = [(name, attributes, tuple(attributes.values())) for name, attributes in named]
        self._rest = dict(self._read_rest())

    def changes(self) -> tuple[str, ...]:
        """What is different from what it was, by name; empty if nothing is."""
        changed = [name for name, module in self._modules.items() if sys.modules.get(name) is not module]
        for place, (name, attributes, before) in enumerate(self._attributes):
            if len(attributes) == len(before) and all(map(operator.is_, attributes.values(), before)):
                continue
            if _grown(attributes, before):
                self._attributes[place] = name, attributes, tuple(attributes.values())
            else:
                changed.append(name)
        return tuple(changed + [name for name, part in self._read_rest() if not _equal(part, self._rest[name])])

    def begin(self) -> None:
        """Take the settings as they are now for what they were. Classes, modules and tables are held to the first."""
        self._rest.update({name: read() for name, read in _SETTINGS.items()})

    def _read_rest(self) -> Iterator[tuple[str, Part]]:
        for name, table in self._tables.items():
            yield name, (*table, *table.values())
        for name, read in _SETTINGS.items():
            yield name, read()


def tidy() -> None:
    """Put back what every job changes: automatic names start over, and so do the generators of random numbers."""
    reset_names()
    set_random_seed(0)


def _equal(one: Part, other: Part) -> bool:
    """Whether two parts hold the same; what cannot be compared was changed."""
    try:
        return one == other
    except Exception:
        return False


def _grown(attributes: Mapping[str, Any], before: Part) -> bool:
    """Whether all that is new is what Python adds by itself, and modules that were imported."""
    added = list(attributes.items())[len(before) :]  # a dictionary keeps its order: what is new comes last
    kept = len(attributes) >= len(before) and all(map(_same, attributes.values(), before))
    return kept and all(name in _NOTED or isinstance(value, ModuleType) for name, value in added)


def _same(one: Any, other: Any) -> bool:
    """Whether it is the same object, or a number or text that was set to what it was."""
    return one is other or (type(one) is type(other) and isinstance(one, (int, float, str)) and one == other)


def _is_looked_at(name: str) -> bool:
    if name.startswith(_UNUSED):
        return False
    package, _, rest = name.partition(".")
    return package in _PACKAGES or (rest.startswith("python.ops.") and rest.rpartition(".")[2] in _TENSORFLOW)


def _classes(modules: Any) -> Iterator[type]:
    """The classes of these modules, and those of tensors and arrays that they work on."""
    found = {
        id(value): value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and _is_looked_at(value.__module__)
    }
    tensors = (tf.Tensor, tf.Variable, type(tf.constant(0)), keras.KerasTensor)
    yield from (*found.values(), *(one for one in tensors if id(one) not in found))


def _tables(modules: Mapping[str, ModuleType]) -> Iterator[tuple[str, dict[Any, Any]]]:
    """The tables by which Keras finds its classes: the dictionaries that are constants of its modules."""
    for module_name, module in modules.items():
        for name, value in list(vars(module).items()):
            if module_name.startswith("keras.") and name.isupper() and type(value) is dict:
                yield f"{module_name}.{name}", value


def _settings_of_keras() -> Part:
    return tuple(value for name, value in vars(keras_config).items() if name.startswith("_") and name.isupper())


def _state_of_keras() -> Part:
    policy = keras.config.dtype_policy().name  # asked first: the first question makes Keras remember its default
    kept = global_attributes()
    # An attribute that is not set and one that is None are the same to Keras.
    told = ((name, value) for name, value in kept.items() if not name.startswith(_PASSING))
    return policy, *sorted((name, repr(value)) for name, value in told if value not in (None, [], {}))


def _settings_of_tensorflow() -> Part:
    return (
        tf.executing_eagerly(),
        tf.config.functions_run_eagerly(),
        tf.config.optimizer.get_jit(),
        tf.config.experimental.tensor_float_32_execution_enabled(),
        tf.config.get_soft_device_placement(),
        tf.config.threading.get_inter_op_parallelism_threads(),
        tf.config.threading.get_intra_op_parallelism_threads(),
    )


_SETTINGS: Mapping[str, Callable[[], Part]] = {
    "Keras's settings": _settings_of_keras,
    "Keras's global state": _state_of_keras,
    "registered custom objects": lambda: (
        *object_registration.GLOBAL_CUSTOM_OBJECTS.items(),
        *object_registration.GLOBAL_CUSTOM_NAMES.items(),
    ),
    "TensorFlow's settings": _settings_of_tensorflow,
    "NumPy's settings": lambda: (*np.geterr().values(), str(np.get_printoptions())),
    **SETTINGS,
}
