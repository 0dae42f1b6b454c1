"""Keras's activation functions in NumPy and float64, each from its formula. The layers' derivations use them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

ROOT_OF_HALF, LEAK = float(np.float32(math.sqrt(0.5))), float(np.float32(0.2))
"""TensorFlow holds these two constants of GELU and of leaky ReLU in float32, also for a float64 tensor."""


def activate(name: str | None, values: np.ndarray) -> np.ndarray:
    """The values after the activation of that name; `None` is the same as "linear".

    Raises:
        KeyError: if there is no such activation here.
    """
    return ACTIVATIONS[name or "linear"](np.asarray(values, "float64"))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    # tanh neither overflows nor loses the small end, unlike 1 / (1 + exp(-x))
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)))


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.logaddexp(0, x))


def _elu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def _log_softmax(x: np.ndarray) -> np.ndarray:
    return np.asarray(x - np.logaddexp.reduce(x, axis=-1, keepdims=True))


def _gelu(x: np.ndarray) -> np.ndarray:
    erf = np.fromiter(map(math.erf, (x * ROOT_OF_HALF).ravel().tolist()), "float64", x.size).reshape(x.shape)
    return np.asarray(x * (0.5 * (1 + erf)))


def _sparse_plus(x: np.ndarray) -> np.ndarray:
    return np.where(x >= 1, x, np.where(x <= -1, 0, 0.25 * (x + 1) ** 2))


def _selu(x: np.ndarray) -> np.ndarray:
    scale, alpha = 1.0507009873554805, 1.6732632423543772  # Klambauer et al., 2017
    return np.asarray(scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))))


ACTIVATIONS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "leaky_relu": lambda x: np.where(x > 0, x, LEAK * x),
    "elu": _elu,
    "celu": _elu,  # CELU with alpha = 1 is ELU
    "selu": _selu,
    "gelu": _gelu,
    "silu": lambda x: x * _sigmoid(x),
    "mish": lambda x: x * np.tanh(_softplus(x)),
    "tanh": np.tanh,
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "tanh_shrink": lambda x: x - np.tanh(x),
    "sigmoid": _sigmoid,
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "hard_silu": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "log_sigmoid": lambda x: -np.logaddexp(0, -x),
    "sparse_sigmoid": lambda x: np.clip(0.5 * (x + 1), 0, 1),
    "softmax": lambda x: np.exp(_log_softmax(x)),
    "log_softmax": _log_softmax,
    "softplus": _softplus,
    "squareplus": lambda x: (x + np.sqrt(x * x + 4)) / 2,
    "sparse_plus": _sparse_plus,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "soft_shrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "exponential": np.exp,
}
"""By Keras's identifier, except three that no card offers: `glu` halves the features, `threshold` needs arguments, and
`sparsemax` of Keras 3.15 gives rows that do not sum to 1 (its threshold adds up every partial sum, not the last)."""
