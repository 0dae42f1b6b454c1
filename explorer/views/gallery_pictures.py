"""What the gallery draws of real runs: Attention for its top, an input and an output for each picture card.

A run is asked for once and kept: all visitors see the same.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

import numpy as np

import layers
from explorer.experiment import Experiment
from explorer.experiment.examples import example_experiment
from explorer.model.problem import Problem
from explorer.model.trace import Tensor, Trace
from explorer.views.session import Session
from explorer.views.work import trace_of


@dataclass(frozen=True)
class Tile:
    """A picture card.

    Attributes:
        layer: a card's id.
        example: the title of the example that it shows, and opens.
        says: a few words (an English msgid).
        between: the name of a tensor that is drawn between input and output.
        turned: whether time runs to the right.
    """

    layer: str
    example: str
    says: str
    between: str = ""
    turned: bool = False

    @property
    def experiment(self) -> Experiment:
        """What it opens."""
        card = layers.catalogue()[self.layer]
        return example_experiment(card, next(one for one in card.examples if one.title == self.example))


TILES = (
    Tile("center_zero", "Counting up", "A grid times a mask: the simplest layer with a weight"),
    Tile("linear", "Numbers to check by hand", "Rows meet columns, and a bias is added"),
    Tile("keras.layers.Conv2D", "An edge detector", "A small window slides over a picture and finds its edges"),
    Tile("max_pooling", "A picture, halved", "Of every four cells the largest stays"),
    Tile("keras.layers.LSTM", "Remember, then forget", "What to write, what to keep, what to show", turned=True),
    Tile("attention", "One step wins", "Each step gets a share, and the shares sum to 1", between="alpha"),
)
"""Six layers to start with, in the order in which they are read."""
HERO = TILES[-1]

_RUNS: dict[str, Trace | None] = {}
"""What has been run by now, by layer; None for what could not be."""


def missing() -> list[Tile]:
    """The cards that have no picture yet, the top's first."""
    return [tile for tile in (HERO, *TILES[:-1]) if tile.layer not in _RUNS]


def run_missing(session: Session) -> None:
    """Have the workers run what is missing."""
    for tile in missing():
        trace = None
        with contextlib.suppress(Problem):
            trace = trace_of(session, tile.experiment, "gallery")
        _RUNS[tile.layer] = trace  # not before: a click may end the waiting


def hero_samples() -> tuple[list[dict[str, Any]], list[float]]:
    """What Attention recorded, sample by sample, and its weight; both empty as long as it has not run."""
    trace = _RUNS.get(HERO.layer)
    if trace is None:
        return [], []
    named = {tensor.name: tensor.value for tensor in trace.intermediates}
    tensors = {"x": trace.inputs[0].value, **{name: named[name] for name in ("scores", "alpha", "weighted")}}
    tensors["output"] = trace.outputs[0].value
    count = len(tensors["x"])
    weight = trace.tensor("weight:attention_weight").value.ravel().tolist()
    return [{name: value[at].tolist() for name, value in tensors.items()} for at in range(count)], weight


def pictures_of(tile: Tile) -> list[dict[str, Any]]:
    """The tensors of a card, the input first; empty as long as it has not run."""
    trace = _RUNS.get(tile.layer)
    if trace is None:
        return []
    between = [tensor for tensor in trace.intermediates if tensor.name == tile.between]
    given, *others = (trace.inputs[0], *between, trace.outputs[0])
    samples = 1 if given.value.ndim > 2 else len(given.value)
    return [_picture(given, tile, "grey", samples), *(_picture(tensor, tile, "signed", samples) for tensor in others)]


def _picture(tensor: Tensor, tile: Tile, scale: str, samples: int) -> dict[str, Any]:
    """The first samples of a tensor as rows and columns; `scale` is for pictures of one channel."""
    value = np.asarray(tensor.value, "float64")[:samples]
    if tensor.scale == "probability":
        value, scale = value.T, "share"
    elif value.ndim < 4:
        value, scale = value.reshape(-1, value.shape[-1]), "signed"
    elif value.shape[-1] == 3:
        value, scale = value[0], "colour"
    else:
        value = value[0, ..., 0]
    value = value.T if tile.turned else value
    rows, columns = value.shape[:2]
    return {"rows": rows, "columns": columns, "scale": scale, "cells": value.ravel().tolist()}
