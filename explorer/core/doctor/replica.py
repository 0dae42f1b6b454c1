"""A copy of a layer as it stands: built or not, with its attributes and the values of its weights.

`copy.deepcopy` alone does not do: Keras copies a layer, a model or an operation through its config, with new weights,
and a config may be what is wrong with it. Here each of them, wherever it is held, is copied attribute by attribute.
"""

from __future__ import annotations

import copy
import functools
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from explorer.core.keras_private import KERAS_BACKEND, DotNotTrackScope, Function, KerasSaveable, Tracker, make_node_key

_NODES = ("_inbound_nodes", "_outbound_nodes")
"""Where a layer stands in models. A copy stands in none but those that are copied with it."""


def replica(layer: Any) -> Any:
    """A copy that shares no weight and no container with the layer.

    A part that is held twice is one part in the copy, too. What Python cannot copy (a lookup table, a lock) is shared;
    what else the same list, tuple or dictionary holds is copied.

    Raises:
        Exception: whatever the class raises when an instance is made without its constructor.
    """
    memo = _Memo()
    with DotNotTrackScope(), _attribute_by_attribute():
        clone = memo.clone_of(layer)
        for part, copied in memo.pairs():
            _fill(part, copied, memo)
    for part, copied in memo.pairs():
        _know_again(part, copied, memo)
    return clone


class _Memo(dict[int, Any]):
    """What `copy.deepcopy` has copied by its identity; Keras's own objects are filled later, one after the other."""

    def __init__(self) -> None:
        super().__init__({id(KERAS_BACKEND): KERAS_BACKEND})  # generators of random numbers hold this module
        self._parts: list[tuple[Any, Any]] = []

    def clone_of(self, part: Any) -> Any:
        """The copy of a layer, model or operation: blank at first."""
        if id(part) not in self:
            self[id(part)] = _blank(type(part))
            self._parts.append((part, self[id(part)]))
        return self[id(part)]

    def pairs(self) -> Iterator[tuple[Any, Any]]:
        """Each original with its copy, those among them that come up meanwhile."""
        for part, copied in self._parts:  # the list grows while it is walked
            if self.get(id(part)) is copied:
                yield part, copied


def _blank(any_class: Any) -> Any:
    """An instance whose constructor did not run."""
    return any_class.__new__(any_class)


@contextmanager
def _attribute_by_attribute() -> Iterator[None]:
    """Let `copy.deepcopy` with a `_Memo` copy Keras's objects as `_Memo` does, and not through their configs."""

    def copied(part: Any, memo: dict[int, Any]) -> Any:
        if isinstance(memo, _Memo):
            return memo.clone_of(part)
        make, arguments = part.__reduce__()
        return make(*arguments)

    KerasSaveable.__deepcopy__ = copied
    try:
        yield
    finally:
        del KerasSaveable.__deepcopy__


def _fill(part: Any, clone: Any, memo: _Memo) -> None:
    # Keras puts wrappers of `build` into every new instance, bound to it: the copy keeps its own.
    wrappers = {name for name, value in vars(clone).items() if callable(value)}
    for name, value in vars(part).items():
        if name in _NODES:
            vars(clone)[name] = []
        elif name not in wrappers:
            vars(clone)[name] = _copied(value, memo)


def _copied(value: Any, memo: _Memo) -> Any:
    known = set(memo)
    try:
        for function in _functions(value):
            _bind_again(function, memo)
        return copy.deepcopy(value, memo)
    except Exception:
        for half in set(memo) - known:
            del memo[half]
        return _item_by_item(value, memo)


def _item_by_item(value: Any, memo: _Memo) -> Any:
    """A container with copies of those of its items that can be copied, and the others as they are."""
    if isinstance(value, tuple):
        items = [_copied(item, memo) for item in value]
        return value._make(items) if hasattr(value, "_make") else tuple(items)
    if not isinstance(value, (dict, list)):
        return value
    memo[id(value)] = clone = copy.copy(value)
    for name, own in getattr(value, "__dict__", {}).items():  # of Keras's containers, whom they tell of new items
        vars(clone)[name] = _copied(own, memo)
    for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
        clone[key] = _copied(item, memo)
    return clone


def _functions(value: Any) -> Iterator[types.FunctionType]:
    """The functions in a value that were made inside a method, where `copy.deepcopy` would share them."""
    if isinstance(value, types.FunctionType):
        if value.__closure__:
            yield value
    elif isinstance(value, functools.partial):
        yield from _functions((value.func, *value.args, *value.keywords.values()))
    elif isinstance(value, (list, tuple, set, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _functions(item)


def _bind_again(function: types.FunctionType, memo: _Memo) -> None:
    """Let the copy of a function that knows the layer, or parts of it, by its closure know their copies."""
    closure = function.__closure__ or ()
    inside = [cell.cell_contents for cell in closure if _is_filled(cell)]
    if id(function) in memo or not any(isinstance(value, (KerasSaveable, keras.Variable)) for value in inside):
        return
    cells = tuple(types.CellType(_copied(c.cell_contents, memo)) if _is_filled(c) else c for c in closure)
    new = types.FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__, cells)
    new.__kwdefaults__ = function.__kwdefaults__
    new.__dict__.update(function.__dict__)
    memo[id(function)] = new


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _know_again(part: Any, clone: Any, memo: _Memo) -> None:
    """Let a copy know by their new identities what its original knows by identity."""
    tracker = vars(clone).get("_tracker")
    if isinstance(tracker, Tracker):
        tracker.stored_ids = {name: {id(thing) for thing in store} for name, (_, store) in tracker.config.items()}
    if isinstance(part, Function):
        for operation in part.operations:
            nodes = vars(operation)["_inbound_nodes"]
            vars(memo[id(operation)])["_inbound_nodes"] = [memo.get(id(node)) for node in nodes]
        keys = {
            make_node_key(operation, i): make_node_key(memo[id(operation)], i)
            for operation in part.operations
            for i in range(len(vars(operation)["_inbound_nodes"]))
        }
        vars(clone)["_nodes"] = {keys[key] for key in part._nodes}
