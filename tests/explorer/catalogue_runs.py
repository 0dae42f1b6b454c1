"""Experiments for tests: every example of every card, and a sample of Keras's own classes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

import keras

import layers
from explorer.experiment import Experiment
from explorer.experiment.examples import example_experiment

SAMPLE = (
    "Activation", "AdditiveAttention", "AlphaDropout", "Attention", "AveragePooling1D", "BatchNormalization",
    "Bidirectional", "CategoryEncoding", "Concatenate", "Conv1D", "Conv2DTranspose", "ConvLSTM1D", "Cropping1D",
    "Dot", "Dropout", "ELU", "EinsumDense", "GRU", "GRUCell", "GaussianNoise", "GlobalMaxPooling2D",
    "GroupNormalization", "IntegerLookup", "Lambda", "LayerNormalization", "Masking", "MultiHeadAttention",
    "Normalization", "Pipeline", "PReLU", "RNN", "RandomFlip", "Resizing", "SeparableConv2D", "SpectralNormalization",
    "StackedRNNCells", "StringLookup", "TimeDistributed",
)  # fmt: skip


def one_of_each_family(names: Iterable[str]) -> tuple[str, ...]:
    """The first of Keras's layers that share a file or a base class of Keras's, as Conv1D, Conv2D and Conv3D do.

    For tests that take a second for each layer. With EVERY_LAYER in the environment, all layers.
    """
    families: dict[str, str] = {}
    for name in names:
        line = getattr(keras.layers, name.removeprefix("keras.layers.")).__mro__
        bases = [one.__module__ for one in line if one.__module__.rpartition(".")[2].startswith("base_")]
        families.setdefault(name if os.environ.get("EVERY_LAYER") else (bases or [line[0].__module__])[-1], name)
    return tuple(families.values())


def examples() -> Iterator[tuple[str, Experiment]]:
    """`(a name for the test, experiment)` of every example."""
    for card in layers.catalogue().values():
        yield card.id, Experiment(card.id)
        for number, example in enumerate(card.examples):
            yield f"{card.id}-{number}", example_experiment(card, example)
