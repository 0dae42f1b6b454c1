"""Every reach into what Keras and TensorFlow keep to themselves, each with its reason. Nobody else imports it.

A new release may move any of this: `tests/explorer/core/test_keras_private.py` says in words what broke then.
"""

from __future__ import annotations

import functools
import random
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend import config as keras_config
from keras.src.backend.common import global_state
from keras.src.backend.common.stateless_scope import get_stateless_scope, in_stateless_scope
from keras.src.ops.function import Function, make_node_key
from keras.src.ops.node import Node
from keras.src.saving import object_registration, saving_lib
from keras.src.saving.keras_saveable import KerasSaveable
from keras.src.utils.tracking import DotNotTrackScope, Tracker
from tensorflow.python.eager import context
from tensorflow.python.framework import op_callbacks, op_def_registry, random_seed
from tensorflow.python.framework.ops import EagerTensor

__all__ = [
    "EVERY_LAYERS_METHODS",
    "GLOBAL_SEED",
    "KERAS_BACKEND",
    "NAME_COUNTERS",
    "PUBLIC_NAMES",
    "SEED_GENERATOR",
    "UNINITIALIZED",
    "DotNotTrackScope",
    "EagerTensor",
    "FuncGraph",
    "Function",
    "KerasSaveable",
    "Node",
    "Tracker",
    "check_constructed",
    "eager_context",
    "forget_drawn",
    "get_stateless_scope",
    "global_attribute",
    "global_attributes",
    "in_stateless_scope",
    "inbound_nodes",
    "keras_config",
    "load_model",
    "make_node_key",
    "mask_of",
    "numbers_read",
    "object_registration",
    "op_callbacks",
    "op_def_registry",
    "origin_of",
    "own_trainable_variables",
    "own_variables",
    "parts_of",
    "set_global_attribute",
    "set_mask",
    "set_random_seed",
]

KERAS_BACKEND = keras.src.backend
"""The module that Keras's generators of random numbers hold: a copy of a layer must not copy it."""
EVERY_LAYERS_METHODS = ("keras.src.layers.layer", "keras.src.ops.operation", "keras.src.backend", "keras.src.saving")
"""Modules whose methods every layer has: they say nothing about one layer."""
PUBLIC_NAMES = (
    ("tensorflow.python.ops.resource_variable_ops", "tf.Variable"),
    ("keras.src.backend.common.variables", "keras.Variable"),
    ("keras.src.ops", "keras.ops"),
    ("keras.src.activations", "keras.activations"),
    ("keras.src.backend", "keras.ops"),
    ("keras.src.random", "keras.random"),
    ("tensorflow", "tf"),
)
"""Where an operation is defined, and where its users import it from. Keras's backend has the names of `keras.ops`."""
FuncGraph = tf.__internal__.FuncGraph
"""A graph to call layers in that can be told to stop growing: an estimate must not take longer than the call."""
GLOBAL_SEED = "global_random_seed"
"""Where Keras keeps the seed that it was given for all generators of random numbers."""
NAME_COUNTERS = "object_name_uids"
"""Where Keras counts for automatic names: an experiment's layers are called the same in every process."""
SEED_GENERATOR = "global_seed_generator"
"""Where Keras keeps the generator of layers without a seed: a run that only looks must not draw from it."""
UNINITIALIZED = "uninitialized_variables"
"""Where Keras keeps the weights that were made without numbers, to give them some later: an outline must get none."""


def global_attribute(name: str) -> Any:
    """What Keras keeps for the whole process under this name, or None."""
    return global_state.get_global_attribute(name)


def set_global_attribute(name: str, value: Any) -> None:
    """Put something there; None takes it away."""
    global_state.set_global_attribute(name, value)


def global_attributes() -> Mapping[str, Any]:
    """All that Keras keeps there: what a job may leave behind for the next one."""
    kept: Mapping[str, Any] = vars(global_state.GLOBAL_STATE_TRACKER)
    return kept


def eager_context() -> Any:
    """TensorFlow's context. It has the seed and the state of its own generators, and the functions that it compiled."""
    return context.context()


_OF_DATA = "Dataset_"
"""How the graphs of functions that `tf.data` calls are named: each iterator makes kernels of its own for them. Keras
shuffles with one in `fit`, which TensorFlow never lets go."""


class _Drawn:
    """Whether a kernel that TensorFlow has prepared, and keeps, would draw other random numbers than a new one.

    It prepares a kernel for each operation that it meets. Those of its older generators (`tf.random.normal`, and what
    else takes a seed as an attribute) go on where they stopped; with no other kernel does it matter how old it is.

    Attributes:
        eagerly: one has drawn since the kernels were forgotten, or may have before this module was imported.
        graphs: of the traced functions that are still there and may draw whenever they are called.
        unknown: whether functions were traced before this module was imported.
    """

    def __init__(self) -> None:
        tensorflow = eager_context()
        begun = tensorflow._context_handle is not None  # asking begins it, and its threads are lost when workers fork
        self.eagerly, self.unknown = begun, begun and bool(tensorflow.list_function_names())
        self.graphs: weakref.WeakSet[Any] = weakref.WeakSet()
        random_seed.get_seed = self._noting(random_seed.get_seed)  # tf.random, tf.image and tf.nn ask it for a seed
        for name in dir(tf.raw_ops):
            definition = op_def_registry.get(name)
            if definition is not None and definition.is_stateful and any(a.name == "seed" for a in definition.attr):
                setattr(tf.raw_ops, name, self._noting(getattr(tf.raw_ops, name)))

    def _noting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def noted(*arguments: Any, **keywords: Any) -> Any:
            if tf.executing_eagerly():
                self.eagerly = True
            else:
                graph = _outermost(tf.compat.v1.get_default_graph())
                if not getattr(graph, "name", "").startswith(_OF_DATA):
                    self.graphs.add(graph)
            return function(*arguments, **keywords)

        return noted

    def forget(self) -> None:
        """Let those that have drawn start over: all kernels are made anew when they are needed."""
        if self.eagerly or self.unknown or self.graphs:
            eager_context().clear_kernel_cache()
            self.eagerly = False


def _outermost(graph: Any) -> Any:
    """The graph of the function that is called: those of its loops and branches may go, and they are run still."""
    while isinstance(graph, FuncGraph) and isinstance(graph.outer_graph, FuncGraph):
        graph = graph.outer_graph
    return graph


_drawn = _Drawn()


def forget_drawn() -> None:
    """Let TensorFlow's kernels draw random numbers as new ones would, at a price only if one has drawn any."""
    _drawn.forget()


def set_random_seed(seed: int) -> None:
    """As `keras.utils.set_random_seed`, which forgets all kernels: making them takes longer than a small layer runs."""
    set_global_attribute(GLOBAL_SEED, seed)
    set_global_attribute(SEED_GENERATOR, None)
    random.seed(seed)
    np.random.seed(seed)
    tensorflow = eager_context()
    tensorflow._seed, tensorflow._rng = seed, random.Random(seed)
    forget_drawn()


def mask_of(tensor: Any) -> Any:
    """The mask that a layer has attached to a tensor, or None: Keras passes masks on in this way only."""
    return keras.src.backend.get_keras_mask(tensor)


def set_mask(tensor: Any, mask: Any) -> None:
    """Attach a mask, as the layer before would."""
    keras.src.backend.set_keras_mask(tensor, mask)


@contextmanager
def numbers_read(tell: Callable[[Any], None]) -> Iterator[None]:
    """Within the block, be told of each tensor whose numbers Python reads: a decision may depend on them."""
    base = EagerTensor.__mro__[1]
    original = base._numpy

    def _numpy(tensor: Any) -> Any:
        tell(tensor)
        return original(tensor)

    base._numpy = _numpy
    try:
        yield
    finally:
        base._numpy = original


def load_model(file: Any, custom_objects: Mapping[str, Any]) -> Any:
    """The model of a .keras file that is open, in safe mode and without how it was trained.

    `keras.saving.load_model` takes a path only, and the process that reads a stranger's file need have no folder.
    """
    return saving_lib._load_model_from_fileobj(file, dict(custom_objects), False, True)


def parts_of(layer: keras.layers.Layer, itself: bool = True) -> list[keras.layers.Layer]:
    """The layer and every layer inside it, at any depth; without `itself`, those inside it."""
    return list(layer._flatten_layers(include_self=itself, recursive=True))


def own_trainable_variables(layer: keras.layers.Layer) -> list[keras.Variable]:
    """What training may move of this layer without those inside it, also while it is frozen."""
    return list(layer._trainable_variables)


def own_variables(layer: keras.layers.Layer) -> list[keras.Variable]:
    """All variables of this layer without those inside it."""
    return [*layer._trainable_variables, *layer._non_trainable_variables]


def check_constructed(layer: keras.layers.Layer) -> None:
    """Let Keras complain of a layer whose constructor did not call its parent's.

    Raises:
        RuntimeError: Keras's own message.
    """
    layer._check_super_called()


def inbound_nodes(operation: Any) -> list[Node]:
    """The calls of a layer or an operation on symbolic tensors, in order: what a model's drawing is made from."""
    return list(operation._inbound_nodes)


def origin_of(tensor: Any) -> Any:
    """Which operation made a symbolic tensor, at which of its nodes and as which output; None for any other tensor."""
    return getattr(tensor, "_keras_history", None)
