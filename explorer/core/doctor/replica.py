"""A copy of a layer as it stands: built or not, with its attributes and the values of its weights.

`copy.deepcopy` does not do: Keras copies a layer through its config, and a config may be what is wrong with it.
"""

from __future__ import annotations

import copy
from typing import Any

import keras
from keras.src.utils.tracking import DotNotTrackScope, Tracker

_NODES = ("_inbound_nodes", "_outbound_nodes")
"""Where a layer stands in models; a copy stands in none."""


def replica(layer: Any) -> Any:
    """A copy that shares no weight and no container with the layer.

    What Python cannot copy (a lookup table, a lock) is shared.

    Raises:
        Exception: whatever the class raises when an instance is made without its constructor.
    """
    originals = list(layer._flatten_layers(include_self=True, recursive=True))
    # Keras puts wrappers of `build` into every new instance, bound to it: the copy must keep its own.
    clones = [_blank(type(part)) for part in originals]
    own = [set(vars(clone)) for clone in clones]
    memo: dict[int, Any] = {id(part): clone for part, clone in zip(originals, clones, strict=True)}
    memo[id(keras.src.backend)] = keras.src.backend  # generators of random numbers hold this module
    for part in originals:
        for name in _NODES:
            if name in vars(part):
                memo[id(vars(part)[name])] = []
    with DotNotTrackScope():
        for part, clone, wrappers in zip(originals, clones, own, strict=True):
            for name, value in vars(part).items():
                if not (name in wrappers and callable(value)):
                    vars(clone)[name] = _copied(value, memo)
    for clone in clones:
        _know_again(vars(clone).get("_tracker"))
    return clones[0]


def _blank(layer_class: Any) -> Any:
    """An instance whose constructor did not run."""
    return layer_class.__new__(layer_class)


def _copied(value: Any, memo: dict[int, Any]) -> Any:
    if isinstance(value, keras.KerasTensor):
        return value
    known = set(memo)
    try:
        return copy.deepcopy(value, memo)
    except Exception:
        for half in set(memo) - known:
            del memo[half]
        return value


def _know_again(tracker: Any) -> None:
    """Let a tracker know its things by the identity that their copies have."""
    if isinstance(tracker, Tracker):
        tracker.stored_ids = {name: {id(thing) for thing in store} for name, (_, store) in tracker.config.items()}
