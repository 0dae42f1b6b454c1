"""The layer under examination, its inputs, and as many copies of it as the checks need. It is not touched itself."""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.arrays import as_tensor, to_array
from explorer.core.calling import instead_of_call, training_flag
from explorer.core.doctor.batching import Batching, find_batching
from explorer.core.doctor.compare import same, tensors_of
from explorer.core.doctor.ignoring import Directive, directives
from explorer.core.doctor.isolation import reseed
from explorer.core.doctor.registry import NotApplicable
from explorer.core.doctor.replica import replica
from explorer.core.keras_private import check_constructed, parts_of
from explorer.core.names import reset_names
from explorer.model.report import Finding
from explorer.model.trace import Message

BASE = frozenset(inspect.signature(keras.layers.Layer.__init__).parameters) | {"name", "dtype", "trainable"}


class Patient:
    """A layer and what is called on it.

    Args:
        layer: an instance, or None.
        make: gives a fresh, unbuilt instance, or None if nobody knows how.
        inputs: positional arguments of the call.
        keywords: keyword arguments of the call.
        backend: the one of Keras on which it is run, too, if somebody asks for that.

    Attributes:
        tensors: the tensors among the arguments, flat.
        outcomes: of the checks made so far, by their ids.
        waiting: why checks were not made, by their ids.
        alike: what two twins do with which nothing was changed, once somebody asked.
        hunts: what hunts for counterexamples came to that several checks tell of, by their names.
        attributes: of the layer's copy just after it was built, before its first call, by name; empty if it came built.
    """

    def __init__(
        self,
        layer: Any,
        make: Callable[[], Any] | None,
        inputs: Sequence[Any],
        keywords: Mapping[str, Any] | None,
        backend: str = "jax",
    ) -> None:
        self.given, self.make, self.backend = layer, make, backend
        values = {name: value for name, value in (keywords or {}).items() if name != "training"}
        # A list that holds no array is the layer's own business (Keras refuses it), one with arrays is a structure.
        self._structure = [list(inputs), values]
        self._leaves = [_leaf(leaf) for leaf in keras.tree.flatten(self._structure)]
        self.tensors = [leaf for leaf in self._leaves if tf.is_tensor(leaf)]
        self.attributes: dict[str, Any] = {}
        self.outcomes: dict[str, str] = {}
        self.waiting: dict[str, Finding] = {}
        self.alike: tuple[Any, Any] | None = None
        self.hunts: dict[str, Any] = {}
        if layer is not None or isinstance(_maker(make), type):  # else only what it makes tells the class
            _ = self.defaults

    @functools.cached_property
    def known(self) -> type:
        """The layer's class; if it cannot be made, the class that should have made it, or the type of that function."""
        if self.given is not None:
            return type(self.given)
        maker = _maker(self.make)
        if isinstance(maker, type):
            return maker
        try:
            return type(self.made)
        except (Exception, SystemExit):
            return type(self.make)

    @functools.cached_property
    def directives(self) -> list[Directive]:
        """What its source tells the doctor not to count."""
        return directives(self.known)

    @functools.cached_property
    def defaults(self) -> dict[str, tuple[Any, Any]]:
        """The constructor's defaults that can be changed, by name: each itself, and a copy of it as it was.

        Those of which no equal copy can be made are left out.
        """
        found = {}
        with contextlib.suppress(TypeError, ValueError):
            for name, default in ((n, p.default) for n, p in inspect.signature(self.known).parameters.items()):
                with contextlib.suppress(Exception):
                    if isinstance(default, (list, dict, set)) and not differs(default, kept := copy.deepcopy(default)):
                        found[name] = default, kept
        return found

    def put_defaults_back(self) -> None:
        """Give the constructor's defaults back the values that they had at first, as far as its class is known."""
        for default, before in self.defaults.values() if "known" in vars(self) else ():
            if differs(default, before):
                default.clear()
                kept = copy.deepcopy(before)
                default.extend(kept) if isinstance(default, list) else default.update(kept)

    # -- copies
    @functools.cached_property
    def fresh(self) -> Callable[[], Any]:
        """Makes unbuilt twins.

        Raises:
            NotApplicable: if none can be made.
        """
        for make in (self.make, self._copied_unbuilt, self._from_config):
            if make is not None:
                try:
                    made = make()
                except Exception:
                    if make is self.make:
                        raise  # the constructor's own error is what the reader must see
                    continue
                if isinstance(made, keras.layers.Layer) or make is self.make:
                    return make
        raise NotApplicable(
            Message("It needs a fresh twin of the layer, and neither its config nor a copy of it made one.")
        )

    def _copied_unbuilt(self) -> Any:
        if self.given is None or _has_state(self.given):
            raise ValueError("Only an unbuilt layer can be copied unbuilt.")
        return replica(self.given)

    def _from_config(self) -> Any:
        return type(self.given).from_config(self.given.get_config())

    def twin(self) -> Any:
        """A fresh, unbuilt twin, with the names that a first layer has."""
        reset_names()
        reseed()
        return self.fresh()

    @functools.cached_property
    def made(self) -> Any:
        """The first copy of the layer: built only if the given one was.

        Raises:
            Exception: whatever its constructor raises.
        """
        if self.given is not None and _has_state(self.given):
            return replica(self.given)
        return self.twin()

    @functools.cached_property
    def first_outputs(self) -> Any:
        """What the first call of `made` on the given inputs gave, as it came.

        Raises:
            Exception: whatever building or calling it raises.
        """
        if self.given is not None:
            check_constructed(self.given)
        layer = self.made
        check_constructed(layer)
        original = layer.call

        def observed(*args: Any, **keywords: Any) -> Any:
            if not self.attributes and layer.built:
                self.attributes = own_attributes(layer)
            return original(*args, **keywords)

        reseed()
        with contextlib.nullcontext() if layer.built else instead_of_call(layer, functools.wraps(original)(observed)):
            return self.call(layer)

    @functools.cached_property
    def subject(self) -> Any:
        """A built copy that was called once. Checks may call it; who changes it must work on a `copy`."""
        _ = self.first_outputs  # the call builds it
        return self.made

    def copy(self) -> Any:
        """A copy of the subject as it is now."""
        return replica(self.subject)

    # -- calls
    def call(self, layer: Any, tensors: Sequence[Any] | None = None, training: bool | None = False) -> Any:
        """Call a layer on these tensors (default: the given ones), with the training flag where it takes one."""
        arguments, keywords = self.arranged(tensors, layer, training)
        return layer(*arguments, **keywords)

    def arranged(
        self, tensors: Sequence[Any] | None = None, layer: Any = None, training: bool | None = False
    ) -> tuple[list[Any], dict[str, Any]]:
        """Tensors in the places of the given ones: positional arguments, and keywords for this layer's call."""
        if tensors is None:
            leaves = list(self._leaves)
        else:
            new = iter(tensors)
            leaves = [next(new) if tf.is_tensor(leaf) else leaf for leaf in self._leaves]
        arguments, keywords = keras.tree.pack_sequence_as(self._structure, leaves)
        if training is not None and layer is not None:
            keywords = {**keywords, **training_flag(layer, training)}
        return arguments, keywords

    def written(self) -> str:
        """The arguments of the call as Python, with x0, x1 and so on for the tensors: "x0, [x1, x2], mode='a'"."""
        count = itertools.count()
        leaves = [_Written(f"x{next(count)}") if tf.is_tensor(leaf) else leaf for leaf in self._leaves]
        arguments, keywords = keras.tree.pack_sequence_as(self._structure, leaves)
        return ", ".join([*map(repr, arguments), *(f"{name}={value!r}" for name, value in keywords.items())])

    def written_names(self) -> list[str]:
        """What the call's own signature calls each tensor: "query", "inputs[1]"; "x0" where it has no name for it."""
        try:
            names = list(inspect.signature(self.subject.call).parameters)
        except (TypeError, ValueError):
            names = []
        arguments, keywords = self.arranged()
        found = []
        named = [*zip([*names, *("" for _ in arguments)], arguments, strict=False), *keywords.items()]
        for name, value in named:
            leaves = [leaf for leaf in keras.tree.flatten(value) if tf.is_tensor(leaf)]
            found += [f"{name}[{i}]" if len(leaves) > 1 else name for i in range(len(leaves))]
        return [name or f"x{i}" for i, name in enumerate(found)]

    def outputs(self, layer: Any, tensors: Sequence[Any] | None = None, training: bool | None = False) -> list[Any]:
        """The flat outputs of a call that starts from fresh generators of random numbers, and RNN states of zero.

        Args:
            layer: that is called.
            tensors: in the places of the given ones; None for those.
            training: the flag of the call; None to leave it out.
        Raises:
            Exception: whatever the call raises.
        """
        for state in states_of(layer):
            state.assign(np.zeros(state.shape))
        reseed()
        return tensors_of(self.call(layer, tensors, training))

    def restored(self, layer: Any, values: Sequence[np.ndarray]) -> None:
        """Give a layer's variables back the values that `values_of` read.

        What a stateful part keeps outside its variables is set back by its own `reset_state`.

        Raises:
            ValueError: if there are more or fewer variables than values.
        """
        for part in parts_of(layer):
            if getattr(part, "stateful", False) and part.built and hasattr(part, "reset_state"):
                part.reset_state()
        for variable, value in zip(layer.variables, values, strict=True):
            variable.assign(value)

    # -- what is found by experiment
    def normalises(self, inputs: Sequence[Any]) -> bool:
        """Whether its output stays when the whole first input is scaled and shifted: it divides by own statistics."""
        if not inputs or not inputs[0].dtype.is_floating:
            return False
        layer = self.copy()
        moved = [inputs[0] * 3 + 2, *inputs[1:]]
        a, b = (tensors_of(self.call(layer, tensors)) for tensors in (inputs, moved))
        return all(np.allclose(to_array(x), to_array(y), rtol=0.02, atol=0.02) for x, y in zip(a, b, strict=True))

    @functools.cached_property
    def batching(self) -> Batching:
        """Which axis of each tensor is the batch. A list of states that was given as one tensor becomes a list here."""
        found = find_batching(self)
        if not any(axis for axis in found.axes):
            return found
        structure, leaves, tensors = self._structure, self._leaves, self.tensors
        listed = {
            id(x): [x[i] for i in range(x.shape[0])] for x, axis in zip(tensors, found.axes, strict=True) if axis == 1
        }
        whole = keras.tree.pack_sequence_as(structure, leaves)
        self._structure = keras.tree.map_structure(lambda leaf: listed.get(id(leaf), leaf), whole)
        self._leaves = keras.tree.flatten(self._structure)
        self.tensors = [leaf for leaf in self._leaves if tf.is_tensor(leaf)]
        try:
            again = find_batching(self)
            if again.known and same(self.outputs(self.copy()), tensors_of(self.first_outputs)):
                return again
        except Exception:
            pass
        self._structure, self._leaves, self.tensors = structure, leaves, tensors
        return found

    def symbols(self, size: int | None = None) -> list[keras.KerasTensor]:
        """Symbols of the tensors.

        Args:
            size: of the batch; None for one that is unknown, where the layer keeps no state for each of its samples.
        """
        known = size is None and self.keeps_state_outside
        shapes = [tuple(x.shape) for x in self.tensors] if known else self.batching.shapes(self.tensors, size)
        return [keras.KerasTensor(s, dtype=x.dtype.name) for s, x in zip(shapes, self.tensors, strict=True)]

    def batch(self, size: int, seed: int = 0) -> list[Any]:
        """Random inputs with so many samples: `batching.unit` rows for each.

        Raises:
            NotApplicable: if no row in the given inputs is there for them to be like, or no other batch is possible.
        """
        if any(
            axis is not None and not x.shape[axis] for x, axis in zip(self.tensors, self.batching.axes, strict=True)
        ):
            raise NotApplicable(Message("The given batch is empty."))
        if self.keeps_state_outside and not self.batching.known:
            raise NotApplicable(Message("It keeps a state for each sample, so its batch keeps its size."))
        return self.batching.batch(self.tensors, size, seed)

    @functools.cached_property
    def traced(self) -> Any:
        """The call's graph (inference) for a batch of unknown size, of a copy of its own.

        Raises:
            Exception: whatever tracing raises.
        """
        layer = self.copy()
        specs = self.batching.specs(self.tensors)
        reseed()
        function = tf.function(lambda tensors: self.call(layer, tensors), autograph=False)
        concrete = function.get_concrete_function(specs)
        concrete.layer = layer
        return concrete

    @functools.cached_property
    def keeps_state_outside(self) -> bool:
        """Whether any part of it keeps states from call to call that are no variables."""
        return any(getattr(part, "stateful", False) for part in parts_of(self.subject))

    @functools.cached_property
    def random_at_inference(self) -> bool:
        """Whether two calls differ that should not: random by nature, or by accident."""
        layer = self.copy()
        reseed()
        first = tensors_of(self.call(layer))
        second = tensors_of(self.call(layer))
        return not same(first, second)


def _maker(make: Any) -> Any:
    """What makes the layer, without the arguments that it is given."""
    return make.func if isinstance(make, functools.partial) else make


class _Written(str):
    """A name that is written without quotes."""

    def __repr__(self) -> str:
        return str(self)


def _has_state(layer: Any) -> bool:
    return bool(layer.built or layer.variables)


def _leaf(value: Any) -> Any:
    if isinstance(value, np.ndarray) or tf.is_tensor(value) or isinstance(value, keras.Variable):
        return as_tensor(value) if not isinstance(value, keras.Variable) else value.value
    return value


def differs(one: Any, other: Any) -> bool:
    """Whether two containers hold other things; so do those that cannot be compared."""
    try:
        return bool(one != other)
    except Exception:
        return True


def values_of(layer: Any) -> list[np.ndarray]:
    """The values of all variables of a layer, the states of its generators among them."""
    return [to_array(variable) for variable in layer.variables]


def states_of(layer: Any) -> list[Any]:
    """The states of a layer's stateful RNNs: variables that Keras leaves out of `layer.variables` on purpose."""
    rnns = [part for part in parts_of(layer) if isinstance(part, keras.layers.RNN) and part.stateful]
    return tensors_of([rnn.states for rnn in rnns])


def takes(layer: Any, argument: str) -> bool:
    """Whether the layer's `call` names this argument."""
    try:
        return argument in inspect.signature(layer.call).parameters
    except (TypeError, ValueError):
        return False


@functools.cache
def _of_keras() -> frozenset[str]:
    return frozenset(vars(keras.layers.Layer())) | {"_build_shapes_dict", "_flat_input", "_input_spec"}


def own_attributes(layer: Any) -> dict[str, Any]:
    """The attributes that a layer's class gave to it, by name; Keras's own bookkeeping is left out."""
    return {name: value for name, value in vars(layer).items() if name not in _of_keras() and name != "call"}
