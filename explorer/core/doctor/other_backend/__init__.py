"""A layer on another backend of Keras: the same class, weights and inputs, expression by expression.

Keras chooses its backend when it is imported, so the other one needs a process of its own: `asking` starts it,
`running` is what it does. Each expression is computed there from the numbers that TensorFlow had, so a difference
belongs to the expression that shows it, and rounding does not add up.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping

BACKENDS: Mapping[str, str] = {"jax": "JAX"}
"""Keras's name of each other backend (of its Python package, too), and what people call it.

Keras's NumPy backend imports JAX (`keras/src/backend/numpy/nn.py`): where JAX is missing, it is no way out.
"""


def require(backend: str) -> None:
    """Refuse a backend that is not there.

    Raises:
        ValueError: if it is none that a layer can be run on.
        ImportError: if its package is not installed.
    """
    if backend not in BACKENDS:
        raise ValueError(f"Expected a backend of {', '.join(BACKENDS)}. Received: {backend!r}")
    if importlib.util.find_spec(backend) is None:
        raise ImportError(f'{BACKENDS[backend]} is not installed: pip install "layer-explorer[{backend}]"')
