"""Which function explains which operation. Explainers are found by importing every module of this package."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable

from explorer.arithmetic.case import Case
from explorer.arithmetic.names import short_name
from explorer.model.explanation import Explanation

Explainer = Callable[[Case], Explanation]
_EXPLAINERS: dict[str, Explainer] = {}
_ONLY: dict[str, Explainer] = {}


def explains(*operations: str, only: bool = False) -> Callable[[Explainer], Explainer]:
    """Register an explainer for operations, by the names that steps give them: "@", "keras.ops.matmul".

    Args:
        *operations: each stands for all operations that Keras, TensorFlow and NumPy call alike.
        only: whether they stand for themselves only, where another library means something else by the name.
    """

    def register(explainer: Explainer) -> Explainer:
        for operation in operations:
            known, key = (_ONLY, operation) if only else (_EXPLAINERS, short_name(operation))
            if known.setdefault(key, explainer) is not explainer:
                raise ValueError(f"{operation} already has an explainer")
        return explainer

    return register


def explainer_of(operation: str) -> Explainer | None:
    """The explainer of an operation, or None."""
    _discover()
    if operation in _ONLY:
        return _ONLY[operation]
    if operation not in _EXPLAINERS and "." not in operation and operation.isidentifier():
        return None  # a layer's class may be called like an operation
    return _EXPLAINERS.get(short_name(operation))


def explained_operations() -> tuple[str, ...]:
    """The operations that have an explainer, by their short names."""
    _discover()
    return tuple(sorted({*_EXPLAINERS, *_ONLY}))


@functools.cache
def _discover() -> None:
    package = importlib.import_module("explorer.arithmetic")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"explorer.arithmetic.{module.name}")
