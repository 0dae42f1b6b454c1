"""Names that Keras knows, and names that only look like them."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import keras

from explorer.core.mistakes.reading import Method, Reading

HOOKS = (
    "__init__", "build", "call", "compute_output_shape", "compute_output_spec", "compute_mask", "get_config",
    "from_config", "get_build_config", "build_from_config", "save_own_variables", "load_own_variables",
)  # fmt: skip
"""Methods that Keras calls by name."""
FORMER: Mapping[str, str] = {
    "getoutputshapefor": "compute_output_shape",
    "getoutputshape": "compute_output_shape",
    "forward": "call",
    "int": "__init__",
}
"""Names of other times and other libraries, without underscores, and what is meant."""


def misspelled_methods(reading: Reading) -> list[tuple[Method, str, str]]:
    """Methods that nobody calls and that look like one of Keras's: the method, its name, and Keras's name."""
    found = []
    for name, method in reading.methods.items():
        hook = _meant(name)
        if hook is None or hook in vars(method.owner) or _used(reading, name):
            continue
        if any(hasattr(base, name) for base in method.owner.__mro__[1:]):
            continue
        found.append((method, name, hook))
    return found


def slip(name: str, known: str) -> bool:
    """Whether a name is another one with a letter left out, doubled, added, or two letters exchanged.

    Another letter in the place of one is no slip here: "task" and "mask", "set_config" and "get_config" are names of
    their own.
    """
    if name == known:
        return False
    short, long = sorted((name, known), key=len)
    if len(short) == len(long):
        return sorted(short) == sorted(long)
    letters = iter(long)
    return len(long) - len(short) <= (2 if len(known) > 8 else 1) and all(letter in letters for letter in short)


def _meant(name: str) -> str | None:
    if name in HOOKS or hasattr(keras.layers.Layer, name):
        return None
    plain = _plain(name)
    if plain in FORMER:
        return FORMER[plain]
    return next((hook for hook in HOOKS if _plain(hook) == plain or slip(plain, _plain(hook))), None)


def _plain(name: str) -> str:
    """A name without its capital letters and underscores."""
    return name.replace("_", "").lower()


def _used(reading: Reading, name: str) -> bool:
    """Whether any method of the class names that method."""
    nodes = (node for method in reading.methods.values() for node in method.nodes)
    return any(isinstance(node, ast.Attribute) and node.attr == name for node in nodes)
