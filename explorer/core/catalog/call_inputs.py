"""What the call of a class that nobody here has seen takes: how many tensors, their names, and shapes on which it runs.

Names come from the signature of `call` and from what it does with its first argument (`q, k, v = inputs`,
`inputs["image"]`). The shapes are the first of a few usual ones on which the layer can be made and called.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap
import time
from collections.abc import Iterator, Sequence
from typing import Any

import keras

from explorer.core.build import arrange, build_layer
from explorer.core.catalog.usual_inputs import FEATURES, SEQUENCE
from explorer.experiment.recipes import default_recipe, materialise
from layers.card import Card, Input

SECONDS = 1.0
"""How long shapes are tried, in all."""
_SMALL_PICTURE = Input("x", (1, 8, 8, 3), ("height", "width", "channels"), "normal")
_TOKENS = Input("x", (2, 5), ("time",), "tokens", {"vocabulary": 10}, "int32")
_GRID = Input("x", (2, 10, 10), ("height", "width"))
_VECTOR = Input("x", (4,), ())
USUAL = (FEATURES[0], SEQUENCE[0], _SMALL_PICTURE, _TOKENS, _GRID, _VECTOR)
"""The inputs that are tried, in this order."""


def tried_inputs(card: Card, layer: type) -> Card:
    """The card with inputs that the layer takes, as far as some can be found; else as it was.

    Args:
        card: derived from the class; its own inputs are tried first.
        layer: the class. It is made and called, with its parameters' first values.
    """
    takes = _taken(layer)
    names = takes.names or tuple(one.name for one in card.inputs)
    if takes.names:
        card = dataclasses.replace(card, spread=takes.spread, dictionary=takes.dictionary, input_names=takes.keywords)
    least = _least_rank(layer)
    candidates = [*card.inputs[:1], *(one for one in USUAL if one.shape != card.inputs[0].shape)]
    if any(
        isinstance(node, ast.Attribute | ast.Name) and _last(node) == "Embedding" for node in _nodes(layer, *_MAKING)
    ):
        candidates.insert(0, _TOKENS)  # Keras takes any number for an id
    candidates.sort(key=lambda one: len(one.shape) < least)  # stable: those that are too flat come last
    deadline = time.monotonic() + SECONDS
    chosen = [dataclasses.replace(card, inputs=_named(one, names)) for one in candidates]
    for candidate in chosen:
        if _runs(candidate):
            return candidate
        if time.monotonic() > deadline:
            break
    return chosen[0]


def _named(one: Input, names: Sequence[str]) -> tuple[Input, ...]:
    return tuple(dataclasses.replace(one, name=name) for name in names)


def _runs(card: Card) -> bool:
    """Whether the layer can be made and called on the card's inputs."""
    try:
        layer = build_layer(card, {}, "float32")
        arrays = [
            materialise(default_recipe(one), "float32" if one.dtype == "float" else one.dtype, 0, position)
            for position, one in enumerate(card.inputs)
        ]
        arguments, keywords = arrange(card, arrays, "float32")
        layer(*keras.tree.map_structure(keras.ops.convert_to_tensor, arguments), **keywords)
    except BaseException:  # whatever it says is told when the reader opens it
        return False
    return True


@dataclasses.dataclass(frozen=True)
class _Taken:
    """The tensors that a call takes.

    Attributes:
        names: of each.
        spread: whether they are separate arguments.
        dictionary: whether they are one dictionary.
        keywords: the names, if those after the first are passed by keyword; else ().
    """

    names: tuple[str, ...]
    spread: bool = False
    dictionary: bool = False
    keywords: tuple[str, ...] = ()


def _taken(layer: type) -> _Taken:
    """What the signature and the text of `call` say."""
    try:
        parameters = list(inspect.signature(layer.call).parameters.values())[1:]  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return _Taken(())
    needed = [
        one for one in parameters
        if one.default is one.empty and one.name not in ("training", "mask")
        and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
    ]  # fmt: skip
    names = tuple(one.name for one in needed)
    if len(needed) > 1:
        by_keyword = any(one.kind is one.KEYWORD_ONLY for one in needed)
        return _Taken(names, spread=not by_keyword, keywords=names if by_keyword else ())
    if not names:
        return _Taken(())
    parts, dictionary = _parts(layer, names[0])
    return _Taken(parts, dictionary=dictionary) if parts else _Taken(names)


def _parts(layer: type, argument: str) -> tuple[tuple[str, ...], bool]:
    """The tensors within the first argument, if `call` takes it apart, and whether it is a dictionary."""
    unpacked: tuple[str, ...] = ()
    positions, keys = set(), set()
    for node in _nodes(layer, "call"):
        if isinstance(node, ast.Assign) and _is_name(node.value, argument) and isinstance(node.targets[0], ast.Tuple):
            targets = node.targets[0].elts
            unpacked = tuple(one.id if isinstance(one, ast.Name) else f"x{n}" for n, one in enumerate(targets))
        if isinstance(node, ast.Subscript) and _is_name(node.value, argument) and isinstance(node.slice, ast.Constant):
            key = node.slice.value
            if isinstance(key, str):
                keys.add(key)
            elif type(key) is int and key >= 0:
                positions.add(key)
    if keys:
        return tuple(sorted(keys)), True  # in Keras's order of a dictionary's values
    if len(unpacked) > 1:
        return unpacked, False
    listed = positions == set(range(len(positions))) and len(positions) > 1
    return tuple(f"{argument}{n}" for n in sorted(positions)) if listed else (), False


_MAKING = ("__init__", "build", "call")


def _last(node: ast.Attribute | ast.Name) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _nodes(layer: type, *methods: str) -> Iterator[ast.AST]:
    """The syntax of methods that the class has in Python."""
    for method in methods:
        try:
            text = textwrap.dedent(inspect.getsource(getattr(layer, method)))
            yield from ast.walk(ast.parse(text))
        except (OSError, TypeError, SyntaxError, AttributeError):
            continue


def _least_rank(layer: type) -> int:
    """How many axes the text of `build` and `call` speaks of: `shape[2]`, `axis=2`, `x[:, :, 0]`, a permutation."""
    least = 1
    for node in _nodes(layer, "build", "call"):
        if isinstance(node, ast.Subscript):
            place = node.slice
            if isinstance(place, ast.Tuple):
                least = max(least, sum(not _is_new_axis(one) for one in place.elts))
            elif "shape" in ast.unparse(node.value) and (axis := _whole(place)) is not None:
                least = max(least, axis + 1 if axis >= 0 else -axis)
        elif isinstance(node, ast.keyword) and node.arg in ("axis", "axes", "perm"):
            for one in node.value.elts if isinstance(node.value, (ast.Tuple, ast.List)) else [node.value]:
                if (axis := _whole(one)) is not None:
                    least = max(least, axis + 1 if axis >= 0 else -axis)
    return least


def _is_new_axis(node: ast.expr) -> bool:
    return (isinstance(node, ast.Constant) and node.value is None) or ast.unparse(node).endswith("newaxis")


def _whole(node: ast.expr) -> int | None:
    """A whole number that is written out."""
    try:
        value: Any = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return None
    return value if type(value) is int and -8 < value < 8 else None
