"""Rewrite a function so that every sub-expression reports its value, and change nothing else.

The copy keeps the original's globals, defaults and closure cells, so it computes what the original computes; the
class and the module are not touched. A call `f(x)` becomes `tap.call(site, f, x)` and `a + b` becomes
`tap.operate(site, "+", a, b)`, so that the one who listens knows what was computed from what, and may open a frame
of its own for `f`. What is recorded is decided by the listener.
"""

from __future__ import annotations

import types
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from explorer.core.tracing.definition import Untappable, compiled, definition_of, originals
from explorer.core.tracing.rewrite import TAP, put_taps
from explorer.core.tracing.source_position import Site


class Listener(Protocol):
    """What the rewritten function tells."""

    def value(self, site: int, value: Any) -> Any:
        """A value was computed, or a name was set. Returns the value to go on with."""

    def call(self, site: int, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Calls a function on the rewritten function's behalf."""

    def operate(self, site: int, operator: str, /, *operands: Any) -> Any:
        """Applies an operator on the rewritten function's behalf."""

    def inner(self, site: int, function: Any) -> Any:
        """A function was defined inside; returns what to use in its place."""

    def inner_at(self, site: int) -> Callable[[Any], Any]:
        """The same, as a decorator."""

    def own_names(self, names: Any) -> Any:
        """The function's own local names, of those that were found in its frame."""

    slice: Any
    """The built-in: a function may have a `slice` of its own."""


def own_names(names: Any) -> Any:
    """The local names, a dictionary or a list, without the listener's; the same object."""
    if TAP in names:
        names.pop(TAP) if isinstance(names, dict) else names.remove(TAP)
    return names


@dataclass(frozen=True, eq=False)
class Rewritten:
    """A function's rewritten code, good for every listener.

    Attributes:
        code: the code object; its free variable `layer_explorer_tap` is the listener.
        source: the original's source, dedented.
        first_line: the line of its file where the source starts.
        sites: the listener is told an index into these.
        originals: for the rewritten code of every function inside, the original's.
    """

    code: types.CodeType
    source: str
    first_line: int
    sites: tuple[Site, ...]
    originals: Mapping[types.CodeType, types.CodeType]

    def bind(self, function: types.FunctionType, listener: Listener) -> types.FunctionType:
        """A copy of the function that tells this listener."""
        names = function.__code__.co_freevars
        cells = dict(zip(names, function.__closure__ or (), strict=True)) | {TAP: types.CellType(listener)}
        closure = tuple(cells[name] for name in self.code.co_freevars)
        copy = types.FunctionType(self.code, function.__globals__, function.__name__, function.__defaults__, closure)
        copy.__kwdefaults__ = function.__kwdefaults__
        return copy

    def unbind(self, function: types.FunctionType) -> types.FunctionType:
        """The original of a function that the rewritten one has defined: it tells nobody, and AutoGraph can read it."""
        code = self.originals.get(function.__code__)
        if code is None:
            return function
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        closure = tuple(cells[name] for name in code.co_freevars)
        original = types.FunctionType(code, function.__globals__, function.__name__, function.__defaults__, closure)
        original.__kwdefaults__ = function.__kwdefaults__
        original.__annotations__ = function.__annotations__
        original.__dict__.update(function.__dict__)
        return original


_CACHE: weakref.WeakKeyDictionary[types.FunctionType, tuple[types.CodeType, Rewritten | Untappable]]
_CACHE = weakref.WeakKeyDictionary()


def rewritten(function: types.FunctionType) -> Rewritten:
    """The function's rewritten code, made once for each function and each code that it is given.

    Raises:
        Untappable: if there is no source, or if it is a wrapper or a generator or a coroutine.
    """
    code, found = _CACHE.get(function, (None, None))
    if found is None or code is not function.__code__:
        try:
            found = _rewrite(function)
        except Untappable as error:
            found = error
        _CACHE[function] = (function.__code__, found)
    if isinstance(found, Untappable):
        raise found
    return found


def _rewrite(function: types.FunctionType) -> Rewritten:
    definition = definition_of(function)
    sites = put_taps(definition.tree, definition.source)
    code = compiled(definition, function)
    return Rewritten(code, definition.source, definition.first_line, sites, originals(code, function.__code__))
