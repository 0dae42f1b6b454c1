"""What a model takes, and what reaches the layers in it when it is called."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.arrays import as_tensor, to_array
from explorer.core.calling import training_flag
from explorer.core.keras_private import inbound_nodes, mask_of, parts_of
from explorer.core.own_model.parts import Part
from explorer.model.problem import Problem
from layers.card import Input

MAX_CALLS = 20
"""So many calls of one layer are kept."""
BATCH, STEPS, SIDE = 2, 6, 16
"""The sizes of axes that a model leaves open: of the batch, of a sequence, of a picture."""
_PICTURE = ("batch", "height", "width", "channels")


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a layer in its model.

    Attributes:
        arguments, keywords: what its `call` was given, with live tensors.
        output: what it gave.
        mask: the mask that came with its first tensor, or None.
    """

    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]
    output: Any
    mask: np.ndarray | None


def recorded(model: Any, parts: Mapping[str, Part], arrays: Sequence[np.ndarray]) -> dict[str, tuple[Call, ...]]:
    """Call a model, and keep what each of its parts was given and gave.

    Raises:
        Exception: whatever the model raises.
    """
    calls: dict[str, list[Call]] = {}
    with contextlib.ExitStack() as stack:
        for part in parts.values():
            stack.enter_context(_listening(part.layer, calls.setdefault(part.id, [])))
        tensors = [as_tensor(array) for array in arrays]
        model(tensors if len(tensors) > 1 else tensors[0], **training_flag(model, False))
    return {name: tuple(found) for name, found in calls.items()}


@contextlib.contextmanager
def _listening(layer: Any, calls: list[Call]) -> Iterator[None]:
    """Within the block, each call of a layer is kept. A layer that stands in a model twice has one listener."""
    original, own = layer.call, "call" in vars(layer)
    vars(layer)["call"] = _heard(original, calls)
    try:
        yield
    finally:
        if own:
            vars(layer)["call"] = original
        else:
            del vars(layer)["call"]


def _heard(original: Callable[..., Any], calls: list[Call]) -> Callable[..., Any]:
    def call(*arguments: Any, **keywords: Any) -> Any:
        output = original(*arguments, **keywords)
        if len(calls) < MAX_CALLS and keras.tree.flatten([arguments, keywords]):
            first, mask = next(iter(keras.tree.flatten(arguments)), None), keywords.get("mask")
            if not tf.is_tensor(mask):
                mask = mask_of(first) if first is not None else None
            calls.append(Call(arguments, keywords, output, None if mask is None else to_array(mask).astype(bool)))
        return output

    return call


# ------------------------------------------------------------------------------------------------ a model's own inputs
def model_inputs(model: Any) -> tuple[Input, ...]:
    """What a model takes, with usual values: sizes that it leaves open are small.

    Raises:
        Problem: if it does not tell.
    """
    found = _symbols(model)
    if not found:
        raise Problem(
            "This model does not tell the shape of its input.",
            "model(x); model.save(...)",
            type(model).__name__,
            "model",
        )
    return tuple(_input(name, tuple(shape), dtype, _vocabulary(model, symbol)) for name, shape, dtype, symbol in found)


def _symbols(model: Any) -> list[tuple[str, tuple[int | None, ...], str, Any]]:
    """Name, shape, dtype and symbolic tensor of each input, in the order of the call."""
    symbols = keras.tree.flatten(getattr(model, "inputs", None) or [])
    if symbols:
        names = [_word(symbol.name, position) for position, symbol in enumerate(symbols)]
        names = [name if names.count(name) == 1 else f"{name}_{at}" for at, name in enumerate(names)]
        return [(name, one.shape, str(one.dtype), one) for name, one in zip(names, symbols, strict=True)]
    config = model.get_build_config() or {}
    told = config.get("input_shape") or list((config.get("shapes_dict") or {}).values())
    one = isinstance(told, (list, tuple)) and all(size is None or isinstance(size, int) for size in told)
    shapes = [told] if one else told if isinstance(told, (list, tuple)) else []
    return [(f"input_{at}" if at else "inputs", tuple(shape), "float32", None) for at, shape in enumerate(shapes)]


def _word(name: Any, position: int) -> str:
    text = "".join(letter if letter.isalnum() else "_" for letter in str(name))[:40].strip("_")
    return text or f"input_{position}"


def _input(name: str, shape: tuple[int | None, ...], dtype: str, vocabulary: int) -> Input:
    picture = len(shape) == 4
    open_size = SIDE if picture else STEPS
    sizes = tuple(open_size if size is None else size for size in shape[1:])
    sizes = (BATCH if not shape or shape[0] is None else shape[0], *sizes) if shape else ()
    axes = _PICTURE if picture else ("batch", "time", "features")[: len(shape)] if len(shape) == 3 else ()
    dtype = "float32" if dtype == "bfloat16" else dtype
    if vocabulary:
        return Input(name, sizes, ("batch", "time")[: len(sizes)], "tokens", {"vocabulary": vocabulary}, dtype)
    if dtype == "string":
        return Input(name, sizes, axes, "typed", {"values": ["the cat", "a dog"]}, dtype)
    if dtype == "bool":
        return Input(name, sizes, axes, "ones", {}, dtype)
    if not dtype.startswith("float"):
        return Input(name, sizes, axes, "tokens", {"vocabulary": 10}, dtype)
    return Input(name, sizes, axes, "image" if picture and sizes[-1] in (1, 3) else "normal", {}, dtype)


def _vocabulary(model: Any, symbol: Any) -> int:
    """How many ids an input has, if an embedding reads it; else 0."""
    embeddings = [one for one in parts_of(model) if isinstance(one, keras.layers.Embedding)]
    readers = [
        one.input_dim
        for one in embeddings
        if symbol is None or any(symbol is given for node in inbound_nodes(one) for given in node.input_tensors)
    ]
    first = getattr(model, "layers", [None])[0] if getattr(model, "layers", None) else None
    if not readers and (isinstance(first, keras.layers.Embedding) or _is_of_ids(model, symbol)):
        readers = [one.input_dim for one in embeddings]
    return min(readers, default=0)


def _is_of_ids(model: Any, symbol: Any) -> bool:
    """Whether the only input of a model is as an embedding in a model within it would have it: rows of ids."""
    return symbol is not None and len(keras.tree.flatten(model.inputs)) == 1 and len(symbol.shape) == 2
