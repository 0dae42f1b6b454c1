"""A few layers in a row as one layer, whose `call` is written out: a line and a named local for each layer."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import linecache
import traceback
import types
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras

from explorer.core.arrays import as_tensor
from explorer.core.build import build_layer
from explorer.core.calling import ensure_built
from explorer.core.catalog.cards import find_card
from explorer.core.chain.problem import in_chain
from explorer.experiment import Experiment
from explorer.experiment.chains import ARROW, call_source, link_names, refusal
from explorer.model.problem import Problem
from layers.card import Card, Tensor

FIRST_LINE = 3
"""The line of the written `call` that calls the first layer; each further layer has the next one."""


class Chain(keras.layers.Layer):
    """Layers in a row: each is called on what the one before it gave. Made by `chained`.

    Every chain of other layers has a class of its own, with a `call` that was written for it. It is called as its
    first layer is, passes masks and the training flag on, and computes nothing itself. Whatever goes wrong in one of
    its layers is raised as a Problem that names the layer.

    Attributes:
        experiment: what the chain was made for.
        cards, names: of its layers, in order. Each layer is an attribute of its name.
    """

    def __init__(
        self, experiment: Experiment, cards: Sequence[Card], layers: Sequence[Any], input_dtypes: Sequence[str]
    ) -> None:
        super().__init__(name="chain", dtype=experiment.dtype, autocast=False)
        self.supports_masking = True
        self.experiment = experiment
        self.cards, self.names = tuple(cards), link_names(cards)
        self._input_dtypes = tuple(input_dtypes)
        for name, layer in zip(self.names, layers, strict=True):
            setattr(self, name, layer)

    def links(self) -> Iterator[tuple[str, Any]]:
        """Its layers by name, in order."""
        return ((name, getattr(self, name)) for name in self.names)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The last layer's output.

        Raises:
            Problem: in place of whatever one of the layers raises.
        """
        try:
            return super().__call__(*args, **kwargs)
        except Problem:
            raise
        except Exception as error:
            position, received = self._failed(error)
            if position is None:
                raise
            given = keras.tree.flatten([args, kwargs] if position == 0 else received)
            arrays = [value for value in given if hasattr(value, "shape")]
            raise in_chain(error, self.experiment, self.cards, position, arrays) from error

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        """No mask of its own: the last layer has set the output's already, if there is one."""

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """What the layers make of symbolic tensors."""
        return keras.Operation.compute_output_spec(self, *args, **kwargs)

    def compute_output_shape(self, *shapes: Any) -> Any:
        """The shape of the last layer's output.

        Args:
            shapes: those of the first layer's inputs, as the chain is called: one after the other, or in a list.
        """
        dtypes = iter(self._input_dtypes)
        tensors = keras.tree.map_shape_structure(lambda shape: keras.KerasTensor(shape, next(dtypes)), shapes)
        return keras.tree.map_structure(lambda tensor: tensor.shape, self.compute_output_spec(*tensors))

    def get_config(self) -> dict[str, Any]:
        """What Keras tells of every layer, and the configs of those in the chain."""
        config: dict[str, Any] = super().get_config()
        return config | {"layers": [keras.saving.serialize_keras_object(layer)["config"] for _, layer in self.links()]}

    def _failed(self, error: BaseException) -> tuple[int | None, Any]:
        """Which layer an exception came out of, and what it had been given."""
        files = (type(self).call.__code__.co_filename, f"<tapped {type(self).call.__qualname__} ")
        for frame, line in traceback.walk_tb(error.__traceback__):
            position = line - FIRST_LINE
            if frame.f_code.co_filename.startswith(files) and 0 <= position < len(self.names):
                before = self.names[position - 1] if position else ""
                return position, frame.f_locals.get(before)
        return None, None


def chained(
    experiment: Experiment, cards: Sequence[Card], first: Any, call: tuple[Sequence[Any], Mapping[str, Any]]
) -> Chain:
    """The chain that an experiment describes, not called yet.

    The first layer is built before the others are made, so that its weights are those that it has alone.

    Args:
        experiment: whose `then` follows the first layer.
        cards: of the first layer and of those that follow.
        first: the first layer, not called yet.
        call: positional arguments and keywords of its call.
    Raises:
        Problem: if a layer cannot be made or built.
    """
    names = link_names(cards)
    layers = [first]
    first.name = names[0]
    arguments, keywords = keras.tree.map_structure(as_tensor, call)
    tensors = keras.tree.flatten([arguments, keywords])
    try:
        ensure_built(first, arguments, keywords)
    except Problem:
        raise
    except Exception as error:
        raise in_chain(error, experiment, cards, 0, tensors) from error
    for position, link in enumerate(experiment.then):
        layers.append(build_layer(cards[position + 1], link.params, experiment.dtype, False, f"then.{position}"))
        layers[-1].name = names[position + 1]
    dtypes = [keras.backend.standardize_dtype(x.dtype) for x in tensors]
    return _chain_class(call_source(cards, names))(experiment, cards, layers, dtypes)


def following_cards(experiment: Experiment) -> list[Card]:
    """The cards of the layers that follow the first one.

    Raises:
        Problem: if one does not exist, or cannot follow another layer.
    """
    return [
        _following_card(link.layer, experiment.code, f"then.{position}")
        for position, link in enumerate(experiment.then)
    ]


def chain_card(cards: Sequence[Card]) -> Card:
    """The card of a whole chain: called as its first layer is, with notes on the tensors of all."""
    tensors: list[Tensor] = []
    for name, card in zip(link_names(cards), cards, strict=True):
        outputs = [note for note in card.tensors if note.name.startswith("output")]
        inner = [note for note in card.tensors if note not in outputs]
        tensors += [dataclasses.replace(note, name=f"{name}/{note.name}") for note in inner]
        tensors += [dataclasses.replace(note, name=name) for note in outputs[:1]]
    tensors += [note for note in cards[-1].tensors if note.name.startswith("output")]
    return dataclasses.replace(
        cards[0],
        title=ARROW.join(card.title for card in cards),
        tensors=tuple(tensors),
        reference="",
        masks=any(card.masks for card in cards),
        random=any(card.random for card in cards),
    )


def _following_card(layer: str, code: str, where: str) -> Card:
    try:
        card = find_card(layer, code)
    except Problem as problem:
        raise Problem(problem.what, expected=problem.expected, received=problem.received, where=where) from problem
    reason = refusal(card)
    if reason is not None:
        raise Problem(reason, expected="f(x)", received=card.title, where=where)
    return card


@functools.lru_cache(maxsize=128)
def _chain_class(source: str) -> type[Chain]:
    """A class with this `call`, whose source `inspect` finds as it would in a file."""
    file = f"<chain {hashlib.sha256(source.encode()).hexdigest()[:16]}>"
    lines = (len(source), None, source.splitlines(keepends=True), file)
    linecache.cache[file] = lines
    scope: dict[str, Any] = {"__name__": __name__}
    exec(compile(source, file, "exec"), scope)  # names of layers and inputs from cards, nothing that anybody typed
    call: types.FunctionType = scope["call"]
    call.__qualname__ = f"{Chain.__name__}.call"
    made = type(Chain.__name__, (Chain,), {"__module__": __name__, "__doc__": Chain.__doc__, "call": call})
    weakref.finalize(made, _forget, file, lines)
    return made


def _forget(file: str, lines: object) -> None:
    """Drop the lines of a class that is gone, unless a later class of the same source has put its own there."""
    if linecache.cache.get(file) is lines:
        del linecache.cache[file]
