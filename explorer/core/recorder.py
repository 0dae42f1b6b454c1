"""Listen to rewritten functions: which frames were opened, which steps they took, and from what each was computed."""

from __future__ import annotations

import functools
import inspect
import operator
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf

from explorer.core.tap import Rewritten, Untappable, rewritten

MAX_STEPS = 5000
"""A call that takes more steps is recorded up to here, and the trace says so."""
OPERATORS: dict[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "@": operator.matmul, "&": operator.and_, "|": operator.or_,
    "^": operator.xor, "<<": operator.lshift, ">>": operator.rshift,
    "+=": operator.iadd, "-=": operator.isub, "*=": operator.imul, "/=": operator.itruediv,
    "//=": operator.ifloordiv, "%=": operator.imod, "**=": operator.ipow, "@=": operator.imatmul,
    "&=": operator.iand, "|=": operator.ior, "^=": operator.ixor, "<<=": operator.ilshift, ">>=": operator.irshift,
    "neg": operator.neg, "pos": operator.pos, "~": operator.invert,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
    "[]": operator.getitem,
}  # fmt: skip
"""What each sign computes, in Python's own way."""
_LIBRARIES = ("keras", "tensorflow", "numpy", "builtins", "functools", "optree", "absl", "math", "operator")
"""Functions of these packages are one step; functions of anybody else are opened."""
_MACHINERY = ("keras.src.layers.layer", "keras.src.ops.operation", "keras.src.backend", "keras.src.saving")
"""Methods that every layer has from these modules say nothing about the layer: they are one step, too."""


@dataclass(eq=False)
class OpenStep:
    """A step as it happened: live tensors, not yet arrays.

    Attributes:
        number: how many steps of the whole call ended before it.
        site: which place of the frame's source.
        values: the tensors it gave; of a variable, its value at that moment.
        given: the same as the call itself goes on with: tensors, and variables as they are.
        operation: the function that was called, an operator's sign, or "" where a name was only set.
        arguments, keywords: what the operation was given.
    """

    number: int
    site: int
    values: tuple[Any, ...]
    given: tuple[Any, ...]
    operation: Any
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]


@dataclass(eq=False)
class OpenFrame:
    """One call of one function, as it happens.

    Attributes:
        name: "Attention.call".
        code: the rewritten function.
        called_from: how many steps its parent had taken when it was opened.
        owner: the layer whose method it is, if it is one's.
    """

    name: str
    code: Rewritten
    owner: Any = None
    called_from: int = 0
    steps: list[OpenStep] = field(default_factory=list)
    children: list[OpenFrame] = field(default_factory=list)


class Recorder:
    """The listener of every function that one recorded call rewrites.

    Args:
        max_steps: how many steps are recorded.
        watch: is shown every tensor before the call goes on with it, as a gradient tape must be.
        replace: for the id of a step's tensor, what makes the tensor that the call goes on with instead.
    """

    slice: Any = slice

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
        self.unopened: dict[str, str] = {}
        self._stack: list[OpenFrame] = []
        self._left = max_steps

    @contextmanager
    def listening(self, layer: keras.layers.Layer) -> Iterator[None]:
        """Within the block, every call of the layer and of the layers inside it is recorded, whoever calls them."""
        opened = []
        try:
            for inner in layer._flatten_layers(include_self=True, recursive=True):
                if self._listen_to(inner):
                    opened.append(inner)
            yield
        finally:
            for inner in opened:
                del inner.__dict__["call"]

    def _listen_to(self, layer: keras.layers.Layer) -> bool:
        function = type(layer).call
        name = f"{type(layer).__name__}.call"
        try:
            if "call" in layer.__dict__ or not inspect.isfunction(function):
                raise Untappable("`call` is not a plain method of the class")
            layer.__dict__["call"] = self.open(function, layer, name)
        except Untappable as error:
            self.unopened[name] = str(error)
            return False
        return True

    # -- what rewritten code tells
    def value(self, site: int, value: Any) -> Any:
        """Records a value, and gives it back."""
        return self._add(site, value, "", (), {})

    def call(self, site: int, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Calls a function, or its rewritten copy if it is to be opened, and records the result."""
        result = self._opened(function)(*args, **kwargs)
        return self._add(site, result, function, args, kwargs)

    def operate(self, site: int, sign: str, /, *operands: Any) -> Any:
        """Applies an operator and records the result."""
        result = OPERATORS[sign](*operands)
        return self._add(site, result, sign, operands, {})

    def inner(self, site: int, function: Any) -> Any:
        """An inner function that opens a frame at each of its calls."""
        outer = self._stack[-1]
        name = f"{outer.name}.{outer.code.sites[site].target or '<lambda>'}"

        @functools.wraps(function)
        def opened(*args: Any, **kwargs: Any) -> Any:
            return self._within(OpenFrame(name, outer.code), function, args, kwargs)

        return opened

    def inner_at(self, site: int) -> Callable[[Any], Any]:
        """`inner` as a decorator."""
        return lambda function: self.inner(site, function)

    # -- frames
    def open(self, function: types.FunctionType, owner: Any, name: str) -> Callable[..., Any]:
        """The function with a frame of its own.

        Raises:
            Untappable: if it cannot be rewritten.
        """
        code = rewritten(function)
        copy: Any = code.bind(function, self)
        bound = copy if owner is None else types.MethodType(copy, owner)

        @functools.wraps(function)
        def opened(*args: Any, **kwargs: Any) -> Any:
            return self._within(OpenFrame(name, code, owner), bound, args, kwargs)

        return opened if owner is None else _without_self(opened, bound)

    def _within(self, frame: OpenFrame, function: Any, args: Any, kwargs: Any) -> Any:
        siblings = self.frames
        if self._stack:
            frame.called_from = len(self._stack[-1].steps)
            siblings = self._stack[-1].children
        siblings.append(frame)
        self._stack.append(frame)
        try:
            return function(*args, **kwargs)
        finally:
            self._stack.pop()

    def _opened(self, function: Any) -> Any:
        """What to call in a function's place: itself, or its rewritten copy."""
        owner, plain, name = None, function, ""
        if isinstance(function, types.MethodType):
            owner, plain = function.__self__, function.__func__
            own = isinstance(owner, keras.layers.Layer) and not plain.__module__.startswith(_MACHINERY)
            name = f"{type(owner).__name__}.{plain.__name__}" if own and inspect.isfunction(plain) else ""
        elif inspect.isfunction(function) and not hasattr(function, "__wrapped__"):
            name = "" if (function.__module__ or "").split(".")[0] in _LIBRARIES else function.__name__
        if not name:
            return function
        try:
            return self.open(plain, owner, name)
        except Untappable as error:
            self.unopened[name] = str(error)
            return function

    def _add(self, site: int, value: Any, operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        values = tuple(value) if isinstance(value, (list, tuple)) else (value,)
        if not values or not all(is_eager(item) for item in values):
            return value
        if self._left <= 0:
            self.missed += 1
            return value
        self._left -= 1
        number, self._count = self._count, self._count + 1
        if self._replace:
            value, values = self._replaced(number, value, values)
        if self.watch is not None:
            for item in values:
                if not isinstance(item, keras.Variable):
                    self.watch(item)
        shown = tuple(read(item) for item in values)
        self._stack[-1].steps.append(OpenStep(number, site, shown, values, operation, args, kwargs))
        return value

    def _replaced(self, number: int, value: Any, values: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        makers = [self._replace.get(name) for name in step_ids(number, len(values))]
        if not any(makers):
            return value, values
        values = tuple(make(item) if make else item for make, item in zip(makers, values, strict=True))
        if not isinstance(value, (list, tuple)):
            return values[0], values
        return (type(value)(*values) if hasattr(value, "_fields") else type(value)(values)), values


def step_ids(number: int, count: int) -> list[str]:
    """The ids of a step's tensors: "step:3", or "step:3.0" and "step:3.1" where it gave several."""
    return [f"step:{number}"] if count == 1 else [f"step:{number}.{position}" for position in range(count)]


def _without_self(opened: Callable[..., Any], bound: Any) -> Callable[..., Any]:
    """The signature that readers of the bound method see has no `self`."""
    opened.__signature__ = inspect.signature(bound)  # type: ignore[attr-defined]
    return opened


def is_eager(value: Any) -> bool:
    """Whether it holds numbers: an eager tensor or a variable, not a symbolic one."""
    if isinstance(value, keras.Variable):
        return True
    return tf.is_tensor(value) and hasattr(value, "numpy")


def read(value: Any) -> Any:
    """A variable's value at this moment; anything else as it is."""
    if isinstance(value, keras.Variable):
        value = value.value
    return tf.convert_to_tensor(value) if isinstance(value, tf.Variable) else value
