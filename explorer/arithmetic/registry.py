"""Which function explains which operation. Explainers are found by importing every module of this package."""

from __future__ import annotations

import functools
import importlib
import pkgutil
import re
from collections.abc import Callable

from explorer.arithmetic.case import Case
from explorer.explanation import Explanation

Explainer = Callable[[Case], Explanation]
_EXPLAINERS: dict[str, Explainer] = {}
_PREFIXES = ("keras.ops.", "keras.activations.", "tf.", "numpy.", "math.", "tensorflow.")
_RAW = "tf.raw_ops."
_LIKE = {
    "reduce_sum": "sum",
    "reduce_mean": "mean",
    "reduce_max": "max",
    "reduce_min": "min",
    "reduce_prod": "prod",
    "reduce_any": "any",
    "reduce_all": "all",
    "reduce_logsumexp": "logsumexp",
    "amax": "max",
    "amin": "min",
    "concat": "concatenate",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "div": "true_divide",
    "divide": "true_divide",
    "pow": "power",
    "neg": "negative",
    "add_v2": "add",
    "mat_mul": "matmul",
    "batch_mat_mul": "matmul",
    "inv": "reciprocal",
    "clip_by_value": "clip",
    "swish": "silu",
    "absolute": "abs",
    "reverse": "flip",
    "convert_to_tensor_v2_with_dispatch": "convert_to_tensor",
    "convolution": "conv",
    "conv1d": "conv",
    "conv2d": "conv",
    "conv3d": "conv",
    "avg_pool": "average_pool",
    "avg_pool2d": "average_pool",
    "max_pool2d": "max_pool",
    "max_pool_v2": "max_pool",
    "multiply_no_nan": "multiply",
    "real_div": "true_divide",
}
"""TensorFlow's and NumPy's names of what Keras names otherwise."""


def explains(*operations: str) -> Callable[[Explainer], Explainer]:
    """Register an explainer for operations, by the names that steps give them: "@", "keras.ops.matmul"."""

    def register(explainer: Explainer) -> Explainer:
        for operation in operations:
            if _EXPLAINERS.setdefault(short_name(operation), explainer) is not explainer:
                raise ValueError(f"{operation} already has an explainer")
        return explainer

    return register


def explainer_of(operation: str) -> Explainer | None:
    """The explainer of an operation, or None."""
    _discover()
    if operation not in _EXPLAINERS and "." not in operation and operation.isidentifier():
        return None  # a layer's class may be called like an operation
    return _EXPLAINERS.get(short_name(operation))


def explained_operations() -> tuple[str, ...]:
    """The operations that have an explainer, by their short names."""
    _discover()
    return tuple(sorted(_EXPLAINERS))


def short_name(operation: str) -> str:
    """One name for the names that an operation has in Keras, TensorFlow and NumPy; "+=" is "+"."""
    if operation.startswith(_RAW):  # tf.raw_ops.AddV2, BatchMatMulV2, Conv2D
        name = re.sub(r"V\d+$", "", operation.removeprefix(_RAW))
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", name).lower()
        return _LIKE.get(name, name)
    for prefix in _PREFIXES:
        if operation.startswith(prefix):
            operation = operation.removeprefix(prefix)
            operation = operation.rsplit(".", 1)[-1].removesuffix("_v2").removesuffix("_v1").lower()
            return _LIKE.get(operation, operation)
    if operation.endswith("=") and operation not in ("==", "!=", "<=", ">="):
        return operation.removesuffix("=")
    return operation


@functools.cache
def _discover() -> None:
    package = importlib.import_module("explorer.arithmetic")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"explorer.arithmetic.{module.name}")
