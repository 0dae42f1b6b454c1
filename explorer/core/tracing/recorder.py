"""Listen to rewritten functions: which frames were opened, which steps they took, and from what each was computed."""

from __future__ import annotations

import functools
import inspect
import types
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import keras
import tensorflow as tf

from explorer.core.keras_private import EVERY_LAYERS_METHODS, op_callbacks, parts_of
from explorer.core.tracing.definition import Untappable
from explorer.core.tracing.failure import Failure, place_of
from explorer.core.tracing.live_frames import OpenFrame, OpenStep, is_eager, step_ids
from explorer.core.tracing.operation_list import Listing, attributes_of, raw_operation
from explorer.core.tracing.operators import OPERATORS
from explorer.core.tracing.tap import Rewritten, own_names, rewritten
from explorer.core.tracing.variable_values import Held

MAX_STEPS = 5000
"""A call that takes more steps is recorded up to here, and the trace says so."""
MAX_OPERATIONS = 200
"""So many TensorFlow operations are named for one step; what ran beyond that is counted."""
_LIBRARIES = ("keras", "tensorflow", "numpy", "builtins", "functools", "optree", "absl", "math", "operator")
"""Functions of these packages are one step; functions of anybody else are opened."""
_MACHINERY = (*EVERY_LAYERS_METHODS, "explorer.core")
"""Methods that every layer has from these modules say nothing about the layer: they are one step, too."""


class Recorder:
    """The listener of every function that one recorded call rewrites.

    Args:
        max_steps: how many steps are recorded.
        watch: is shown every tensor before the call goes on with it, as a gradient tape must be.
        replace: for the id of a step's tensor, what makes the tensor that the call goes on with instead.
    """

    slice: Any = slice
    own_names = staticmethod(own_names)

    def __init__(
        self,
        max_steps: int = MAX_STEPS,
        watch: Callable[[Any], None] | None = None,
        replace: Mapping[str, Callable[[Any], Any]] | None = None,
    ) -> None:
        self.watch = watch
        self._replace = dict(replace or {})
        self._count = 0
        self.frames: list[OpenFrame] = []
        self.missed = 0
        self.missed_operations = 0
        self.unopened: dict[str, str] = {}
        self.failure: Failure | None = None
        self._stack: list[OpenFrame] = []
        self._left = max_steps
        self._ran: list[str] | None = None  # of the step under way
        self._handles: dict[int, Any] = {}
        self._heard: dict[int, keras.layers.Layer] = {}
        self._entries: dict[tuple[int, str], tuple[keras.layers.Layer, str]] = {}
        self.held = Held()

    @contextmanager
    def listening(self, layer: keras.layers.Layer) -> Iterator[None]:
        """Within the block, every call of the layer and of the layers inside it is recorded, whoever calls them."""
        self.held = Held(layer.weights)
        try:
            self._hear(layer)
            if (id(layer), ENTRIES[-1]) not in self._entries:
                self._list_operations_of(layer)
            op_callbacks.add_op_callback(self._operation)
            try:
                yield
            finally:
                op_callbacks.remove_op_callback(self._operation)
        finally:
            for inner, name in self._entries.values():
                inner.__dict__.pop(name, None)
            self.frames = [frame for frame in self.frames if frame.steps or not isinstance(frame.code, Listing)]

    def entered(self, layer: keras.layers.Layer) -> Callable[..., Any]:
        """What to call in a layer's place: itself, or its rewritten `__call__`, if it is not Keras's."""
        self._hear(layer)
        function: Any = type(layer).__call__
        opened = None
        if inspect.isfunction(function) and not _is_library(function):
            opened = self._tried(function, layer, f"{type(layer).__name__}.__call__")
        return opened or cast("Callable[..., Any]", layer)

    def _hear(self, layer: keras.layers.Layer) -> None:
        """Open the methods that Keras calls when the layer, or one inside it, is called."""
        if id(layer) in self._heard:
            return
        for inner in parts_of(layer):
            if id(inner) not in self._heard:
                self._heard[id(inner)] = inner
                for name in ENTRIES[:-1]:
                    if name not in inner.__dict__:
                        inner.__dict__[name] = functools.partial(self._first_called, inner, name)
                        self._entries[id(inner), name] = (inner, name)
                self._open_entry(inner, ENTRIES[-1])

    def _first_called(self, layer: keras.layers.Layer, name: str, *args: Any, **kwargs: Any) -> Any:
        """Open a method that few layers run when it is run for the first time, and run it."""
        del layer.__dict__[name]
        self._open_entry(layer, name)
        return getattr(layer, name)(*args, **kwargs)

    def _open_entry(self, layer: keras.layers.Layer, name: str) -> None:
        function = getattr(type(layer), name)
        told = f"{type(layer).__name__}.{name}"
        if name in layer.__dict__ or not inspect.isfunction(function):
            self.unopened[told] = f"`{name}` is not a plain method of the class"
        elif opened := self._tried(function, layer, told):
            layer.__dict__[name] = opened
            self._entries[id(layer), name] = (layer, name)

    def _list_operations_of(self, layer: keras.layers.Layer) -> None:
        """Where the layer's own lines cannot be followed, TensorFlow's operations are its steps."""
        frame = OpenFrame(f"{type(layer).__name__}.call", Listing(), layer)
        self.frames.append(frame)
        self._stack.append(frame)
        self._handles = {id(getattr(variable.value, "handle", None)): variable for variable in layer.variables}

    # -- what rewritten code tells
    def value(self, site: int, value: Any) -> Any:
        """Records a value, and gives it back."""
        if not tf.executing_eagerly():
            return value
        return self._add(site, value, "", (), {})

    def call(self, site: int, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Calls a function, or its rewritten copy if it is to be opened, and records the result."""
        return self._evaluate(site, function, self._opened(function), args, kwargs)

    def operate(self, site: int, sign: str, /, *operands: Any) -> Any:
        """Applies an operator and records the result."""
        return self._evaluate(site, sign, OPERATORS[sign], operands, {})

    def _evaluate(self, site: int, operation: Any, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not tf.executing_eagerly():  # in a graph nothing is computed yet
            return function(*args, **kwargs)
        told = tuple(map(self.held.now, args)), {name: self.held.now(value) for name, value in kwargs.items()}
        self.held.forget_assignment()
        ran: list[str] = []
        around, self._ran, self.failure = self._ran, ran, None
        frame = self._stack[-1]
        children = len(frame.children)
        try:
            value = function(*args, **kwargs)
        except BaseException as error:  # typed code may raise anything
            self._ran = around
            if self.failure is None:
                self.failure = Failure(frame, frame.code.sites[site], operation, *told, error, tuple(ran))
            elif len(frame.children) > children:
                self._append(OpenStep(self._count, site, (), (), operation, *told, ran))
            raise
        self._ran, self.failure = around, None
        steps = self._count
        value = self._add(site, value, operation, *told, ran)
        if self._count == steps:  # it was no step
            if len(frame.children) > children:
                self._append(OpenStep(self._count, site, (), (), operation, *told, ran))
            elif around is not None:
                room = MAX_OPERATIONS - len(around)
                around += ran[:room]
                self.missed_operations += max(0, len(ran) - room)
        return value

    def inner(self, site: int, function: Any) -> Any:
        """An inner function that opens a frame at each of its calls."""
        if not tf.executing_eagerly():
            return function
        outer = self._stack[-1]
        original = outer.code.unbind(function) if isinstance(outer.code, Rewritten) else function
        name = f"{outer.name}.{outer.code.sites[site].target or '<lambda>'}"

        @functools.wraps(original)
        def opened(*args: Any, **kwargs: Any) -> Any:
            if tf.executing_eagerly():
                return self._within(OpenFrame(name, outer.code), function, args, kwargs)
            return original(*args, **kwargs)

        return opened

    def inner_at(self, site: int) -> Callable[[Any], Any]:
        """`inner` as a decorator."""
        return lambda function: self.inner(site, function)

    def holds_numbers(self, value: Any) -> bool:
        """Whether a value is one to record."""
        return is_eager(value)

    # -- frames
    def open(self, function: types.FunctionType, owner: Any, name: str) -> Callable[..., Any]:
        """The function with a frame of its own. While TensorFlow makes a graph, the original runs.

        Raises:
            Untappable: if it cannot be rewritten.
        """
        code = rewritten(function)
        copy: Any = code.bind(function, self)
        original = function if owner is None else types.MethodType(function, owner)
        bound = copy if owner is None else types.MethodType(copy, owner)

        @functools.wraps(function)
        def opened(*args: Any, **kwargs: Any) -> Any:
            if tf.executing_eagerly():
                return self._within(OpenFrame(name, code, owner), bound, args, kwargs)
            return original(*args, **kwargs)

        return opened if owner is None else _without_self(opened, function)

    def _within(self, frame: OpenFrame, function: Any, args: Any, kwargs: Any) -> Any:
        siblings = self._stack[-1].children if self._stack else self.frames
        frame.called_from = len(self._stack[-1].steps) if self._stack else 0
        shown = self._left > 0
        if shown:  # beyond the limit a frame would be empty
            siblings.append(frame)
        self._stack.append(frame)
        self.failure = None
        try:
            result = function(*args, **kwargs)
        except BaseException as error:  # typed code may raise anything
            place = None if self.failure else place_of(error, frame.code.code, frame.code.source)
            if place:
                self.failure = Failure(frame, place, "", (), {}, error)
            if not shown:  # then it is the call of this frame that failed
                self.failure = None
            raise
        finally:
            self._stack.pop()
        self.failure = None
        if self._stack and isinstance(self._stack[-1].code, Listing):
            self._list(frame.owner or frame.name, args, kwargs, keras.tree.flatten(result))
        return result

    def _opened(self, function: Any) -> Any:
        """What to call in a function's place: itself, or its rewritten copy."""
        if isinstance(function, types.MethodType):
            owner: Any = function.__self__
            plain: Any = function.__func__
            own = isinstance(owner, keras.layers.Layer) and inspect.isfunction(plain)
            if own and not (plain.__module__ or "").startswith(_MACHINERY):
                return self._tried(plain, owner, f"{type(owner).__name__}.{plain.__name__}") or function
        elif inspect.isfunction(function):
            if not hasattr(function, "__wrapped__") and not _is_library(function):
                return self._tried(function, None, function.__name__) or function
        elif isinstance(function, keras.layers.Layer):
            return self.entered(function)
        return function

    def _tried(self, function: types.FunctionType, owner: Any, name: str) -> Callable[..., Any] | None:
        """The opened function; None if it cannot be rewritten, and then why is kept."""
        try:
            return self.open(function, owner, name)
        except Untappable as error:
            self.unopened[name] = str(error)
            return None

    def _add(
        self,
        site: int,
        value: Any,
        operation: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        ran: Sequence[str] = (),
    ) -> Any:
        values = tuple(value) if isinstance(value, (list, tuple)) else (value,)
        if not values or not all(map(self.holds_numbers, values)):
            return value
        if self._left <= 0:
            self.missed += 1
            return value
        number, self._count = self._count, self._count + 1
        if self._replace:
            value, values = self._replaced(number, value, values)
        if self.watch is not None:
            for item in values:
                if not isinstance(item, keras.Variable):
                    self.watch(item)
        shown = tuple(map(self.held.tensor, values))
        self._append(OpenStep(number, site, shown, values, operation, args, kwargs, ran))
        return value

    def _append(self, step: OpenStep) -> None:
        if self._left > 0:
            self._left -= 1
            self._stack[-1].steps.append(step)

    # -- what TensorFlow tells
    def _operation(
        self,
        kind: str | bytes,
        inputs: Any,
        attributes: Any,
        outputs: Any,
        name: Any = None,
        graph: Any = None,
        **_: Any,
    ) -> None:
        if graph is None:  # an operation that is put into a graph does not run
            kind = kind if isinstance(kind, str) else kind.decode()
            self._ran_eagerly(kind, inputs, attributes or (), outputs)

    def _ran_eagerly(self, kind: str, inputs: Any, attributes: Sequence[Any], outputs: Any) -> None:
        """Note an operation that ran: which step it belongs to, and what it did to variables."""
        if self.held.reading:
            return
        self.held.operation(kind, inputs, outputs)
        if self._stack and isinstance(self._stack[-1].code, Listing):
            given = tuple(self._handles.get(id(tensor), tensor) for tensor in inputs)
            self._list(raw_operation(kind), given, attributes_of(kind, attributes), outputs, (kind,))
        elif self._ran is None:  # Keras's own, between the layer's lines
            return
        elif len(self._ran) < MAX_OPERATIONS:
            self._ran.append(kind)
        else:
            self.missed_operations += 1

    def _list(
        self, operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any], outputs: Any, ran: tuple[str, ...] = ()
    ) -> None:
        """One line of the list of what ran."""
        listing = self._stack[-1].code
        if isinstance(listing, Listing) and outputs and all(map(is_eager, outputs)):
            if self._left > 0:
                site = listing.add(operation, args, kwargs, outputs)
                values = list(outputs)
                told = tuple(map(self.held.now, args))
                self._add(site, values, operation, told, kwargs, ran)
            else:
                self.missed += 1

    def _replaced(self, number: int, value: Any, values: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        makers = [self._replace.get(name) for name in step_ids(number, len(values))]
        if not any(makers):
            return value, values
        values = tuple(make(item) if make else item for make, item in zip(makers, values, strict=True))
        return like(value, values), values


def like(value: Any, values: Sequence[Any]) -> Any:
    """Other tensors in the place of those of a step's value: one, or a list or tuple of them."""
    if not isinstance(value, (list, tuple)):
        return values[0]
    return type(value)(*values) if hasattr(value, "_fields") else type(value)(values)


def _is_library(function: types.FunctionType) -> bool:
    module = function.__module__ or ""
    return module.split(".")[0] in _LIBRARIES or module.startswith(_MACHINERY)


def _entries() -> tuple[str, ...]:
    """The methods of which Keras calls one: those that a layer's `__call__` reads and leaves to others to write."""
    asked = inspect.unwrap(keras.Operation.__call__).__code__.co_names
    methods = {name: vars(keras.Operation).get(name) for name in dict.fromkeys(asked)}
    left = [name for name, method in methods.items() if "NotImplementedError" in _names_in(method)]
    return tuple(sorted(left, key=lambda name: name == "call"))


def _names_in(function: Any) -> tuple[str, ...]:
    return function.__code__.co_names if inspect.isfunction(function) else ()


ENTRIES = _entries()
"""Their names; `call` is the last."""


def _without_self(opened: Callable[..., Any], function: types.FunctionType) -> Callable[..., Any]:
    """The signature that readers of the bound method see has no `self`."""
    if function not in _SIGNATURES:
        _SIGNATURES[function] = inspect.signature(types.MethodType(function, _SIGNATURES))
    opened.__signature__ = _SIGNATURES[function]  # type: ignore[attr-defined]
    return opened


_SIGNATURES: weakref.WeakKeyDictionary[types.FunctionType, inspect.Signature] = weakref.WeakKeyDictionary()
