"""Experiments for tests: every example of every card, and a sample of Keras's own classes."""

from __future__ import annotations

from collections.abc import Iterator

import layers
from explorer.experiment import Edit, Experiment, Following
from explorer.inputs import Recipe
from layers.card import Card, Example

SAMPLE = (
    "Activation", "AdditiveAttention", "AlphaDropout", "Attention", "AveragePooling1D", "BatchNormalization",
    "Bidirectional", "CategoryEncoding", "Concatenate", "Conv1D", "Conv2DTranspose", "ConvLSTM1D", "Cropping1D",
    "Dot", "Dropout", "ELU", "EinsumDense", "GRU", "GRUCell", "GaussianNoise", "GlobalMaxPooling2D",
    "GroupNormalization", "IntegerLookup", "Lambda", "LayerNormalization", "Masking", "MultiHeadAttention",
    "Normalization", "Pipeline", "PReLU", "RNN", "RandomFlip", "Resizing", "SeparableConv2D", "SpectralNormalization",
    "StackedRNNCells", "StringLookup", "TimeDistributed",
)  # fmt: skip


def experiment_of(card: Card, example: Example) -> Experiment:
    """The experiment that an example's button opens."""
    recipes = []
    for position, spec in enumerate(card.inputs):
        change = example.inputs[position] if position < len(example.inputs) else {}
        kind = change.get("recipe", spec.recipe)
        options = change.get("options", spec.options if kind == spec.recipe else {})
        recipes.append(Recipe.from_json({"kind": kind, "shape": list(change.get("shape", spec.shape)), **options}))
    return Experiment(
        card.id, example.params, tuple(recipes), example.seed, example.training, dtype=example.dtype,
        mask=example.mask, edits=tuple(Edit(*edit) for edit in example.edits),
        then=tuple(Following(*link) for link in example.then),
    )  # fmt: skip


def examples() -> Iterator[tuple[str, Experiment]]:
    """`(a name for the test, experiment)` of every example."""
    for card in layers.catalogue().values():
        yield card.id, Experiment(card.id)
        for number, example in enumerate(card.examples):
            yield f"{card.id}-{number}", experiment_of(card, example)
