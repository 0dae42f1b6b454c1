"""Fit an experiment to its card: defaults left out, and what a link damaged put right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from explorer.experiment import Experiment, Following
from explorer.experiment.chains import refusal
from explorer.experiment.recipes import checked_value, default_recipe
from explorer.model.answers import OwnClasses
from explorer.model.problem import Problem, told
from explorer.model.trace import Message
from layers.card import Card


def without_defaults(experiment: Experiment, card: Card) -> Experiment:
    """The same experiment with parameters and inputs left out that are the card's defaults anyway."""
    params = _not_default(experiment.params, card)
    recipes = list(experiment.inputs[: len(card.inputs)])
    while recipes and recipes[-1] == default_recipe(card.inputs[len(recipes) - 1]):
        recipes.pop()
    return experiment.change(params=params, inputs=tuple(recipes))


def _not_default(params: Mapping[str, Any], card: Card) -> dict[str, Any]:
    defaults = {spec.name: spec.default for spec in card.fields}
    return {name: value for name, value in params.items() if name not in defaults or value != defaults[name]}


def fitted(experiment: Experiment, card: Card, find: Callable[[str], Card]) -> tuple[Experiment, list[Problem]]:
    """The experiment as far as its cards allow, and a problem for each parameter, input or layer that had to go.

    Args:
        experiment: as a link told it.
        card: of its layer.
        find: gives the card of a layer that follows, or raises a Problem.
    """
    params, problems = _fitted_params(experiment.params, card, "params")
    then, more = _fitted_then(experiment, card, find)
    problems += more
    if len(experiment.inputs) > len(card.inputs):
        problems.append(
            Problem(
                "This layer takes fewer inputs than the link holds.",
                expected=str(len(card.inputs)),
                received=str(len(experiment.inputs)),
                where="inputs",
            )
        )
    return without_defaults(experiment.change(params=params, then=then), card), told(problems)


def _fitted_params(params: Mapping[str, Any], card: Card, where: str) -> tuple[dict[str, Any], list[Problem]]:
    fields = {spec.name: spec for spec in card.fields}
    good: dict[str, Any] = {}
    problems = []
    for name, value in params.items():
        try:
            if name not in fields:
                raise Problem(
                    Message("“{layer}” has no parameter “{name}”.", {"layer": card.title, "name": name}),
                    expected=", ".join(fields) or "-",
                    received=name,
                    where=f"{where}.{name}",
                )
            good[name] = checked_value(fields[name], value, f"{where}.{name}")
        except Problem as problem:
            problems.append(problem)
    return good, problems


def _fitted_then(
    experiment: Experiment, card: Card, find: Callable[[str], Card]
) -> tuple[tuple[Following, ...], list[Problem]]:
    """The layers that can follow, with the parameters that they take and that are not their defaults."""
    reason = refusal(card) if card.symbolic and experiment.then else None
    if reason is not None:
        return (), [Problem(reason, received=card.title, where="then")]
    links: list[Following] = []
    problems: list[Problem] = []
    for position, link in enumerate(experiment.then):
        where = f"then.{position}"
        try:
            following = find(link.layer)
            reason = refusal(following)
            if reason is not None:
                raise Problem(reason, expected="f(x)", received=following.title, where=where)
        except Problem as problem:
            problem.where = where
            problems.append(problem)
            continue
        params, more = _fitted_params(link.params, following, where)
        problems += more
        links.append(Following(link.layer, _not_default(params, following)))
    return tuple(links), problems


def about_own(experiment: Experiment, found: OwnClasses) -> Experiment:
    """The experiment as its code allows: about the layer that it was about, else about the first one, as that opens."""
    if experiment.layer in found.cards:
        return without_defaults(experiment, found.cards[experiment.layer])
    return Experiment(found.first, seed=experiment.seed, dtype=experiment.dtype, code=experiment.code)
