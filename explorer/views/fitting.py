"""Fit an experiment to its card: defaults left out, and what a link damaged put right."""

from __future__ import annotations

from explorer.experiment import Experiment
from explorer.inputs import Recipe, checked_value
from explorer.problem import Problem
from explorer.trace import Message
from layers.card import Card, Input


def default_recipe(spec: Input) -> Recipe:
    """The recipe that a card's input starts with."""
    return Recipe.from_json({"kind": spec.recipe, "shape": list(spec.shape), **spec.options})


def without_defaults(experiment: Experiment, card: Card) -> Experiment:
    """The same experiment with parameters and inputs left out that are the card's defaults anyway."""
    defaults = {spec.name: spec.default for spec in card.fields}
    params = {
        name: value for name, value in experiment.params.items() if name not in defaults or value != defaults[name]
    }
    recipes = list(experiment.inputs[: len(card.inputs)])
    while recipes and recipes[-1] == default_recipe(card.inputs[len(recipes) - 1]):
        recipes.pop()
    return experiment.change(params=params, inputs=tuple(recipes))


def fitted(experiment: Experiment, card: Card) -> tuple[Experiment, list[Problem]]:
    """The experiment as far as its card allows, and a problem for each parameter or input that had to go."""
    fields = {spec.name: spec for spec in card.fields}
    params, problems = {}, []
    for name, value in experiment.params.items():
        try:
            if name not in fields:
                raise Problem(
                    Message("“{layer}” has no parameter “{name}”.", {"layer": card.title, "name": name}),
                    expected=", ".join(fields) or "-", received=name, where=f"params.{name}",
                )  # fmt: skip
            params[name] = checked_value(fields[name], value, f"params.{name}")
        except Problem as problem:
            problems.append(problem)
    if len(experiment.inputs) > len(card.inputs):
        problems.append(
            Problem(
                Message("This layer takes fewer inputs than the link holds."),
                expected=str(len(card.inputs)), received=str(len(experiment.inputs)), where="inputs",
            )
        )  # fmt: skip
    return without_defaults(experiment.change(params=params), card), problems
