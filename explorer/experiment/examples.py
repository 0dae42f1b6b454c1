"""From a card's example to the experiment that it stands for."""

from __future__ import annotations

from explorer.experiment.experiment import Edit, Experiment, Following
from explorer.experiment.fitting import without_defaults
from explorer.experiment.recipes import Recipe
from layers.card import Card, Example


def opening(card: Card) -> Experiment:
    """What a layer opens with: its first example if that keeps the parameters' defaults, else the defaults."""
    first = card.examples[0] if card.examples else None
    return example_experiment(card, first) if first and not first.params else Experiment(card.id)


def example_experiment(card: Card, example: Example) -> Experiment:
    """The experiment that an example stands for."""
    recipes = []
    for position, spec in enumerate(card.inputs):
        change = example.inputs[position] if position < len(example.inputs) else {}
        kind = change.get("recipe", spec.recipe)
        options = change.get("options", spec.options if kind == spec.recipe else {})
        recipes.append(Recipe.from_json({"kind": kind, "shape": list(change.get("shape", spec.shape)), **options}))
    experiment = Experiment(
        card.id,
        example.params,
        tuple(recipes),
        example.seed,
        example.training,
        dtype=example.dtype,
        mask=example.mask,
        edits=tuple(Edit(*edit) for edit in example.edits),
        then=tuple(Following(*link) for link in example.then),
    )
    return without_defaults(experiment, card)


def shown_example(experiment: Experiment, card: Card) -> int | None:
    """The number of the card's example that an experiment is; None if it is none."""
    examples = enumerate(card.examples)
    return next((number for number, example in examples if example_experiment(card, example) == experiment), None)
