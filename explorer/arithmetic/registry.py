"""Which function explains which operation."""

from __future__ import annotations

from collections.abc import Callable

from explorer.arithmetic.case import Case
from explorer.arithmetic.names import short_name
from explorer.model.explanation import Explanation
from explorer.registry import Registry

Explainer = Callable[[Case], Explanation]
EXPLAINERS: Registry[Explainer] = Registry("explorer.arithmetic")
"""By the short names of operations."""
ONLY: Registry[Explainer] = Registry("explorer.arithmetic")
"""By full names that mean something else than their short ones."""


def explains(*operations: str, only: bool = False) -> Callable[[Explainer], Explainer]:
    """Register an explainer for operations, by the names that steps give them: "@", "keras.ops.matmul".

    Args:
        *operations: each stands for all operations that Keras, TensorFlow and NumPy call alike.
        only: whether they stand for themselves only, where another library means something else by the name.
    """

    def register(explainer: Explainer) -> Explainer:
        known, names = (ONLY, operations) if only else (EXPLAINERS, map(short_name, operations))
        for name in dict.fromkeys(names):
            known.add(name, explainer)
        return explainer

    return register


def explainer_of(operation: str) -> Explainer | None:
    """The explainer of an operation, or None."""
    known, only = EXPLAINERS.all(), ONLY.all()
    if operation in only:
        return only[operation]
    if operation not in known and "." not in operation and operation.isidentifier():
        return None  # a layer's class may be called like an operation
    return known.get(short_name(operation))


def explained_operations() -> tuple[str, ...]:
    """The operations that have an explainer, by their short names."""
    return tuple(sorted({*EXPLAINERS.all(), *ONLY.all()}))
