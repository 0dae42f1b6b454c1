"""What went wrong in one layer of a chain: which layer it was, and fixes that concern it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from explorer.core.error_messages import DROP_EDITS, DROP_MASK, explained
from explorer.experiment import Experiment, Following
from explorer.model.problem import Problem, Repair
from explorer.model.trace import Message
from layers.card import Card


def in_chain(
    error: BaseException, experiment: Experiment, cards: Sequence[Card], position: int, given: Sequence[Any]
) -> Problem:
    """The problem behind an exception of one of a chain's layers.

    Args:
        error: what Keras or TensorFlow raised.
        experiment: the chain's.
        cards: of its layers.
        position: which layer, from 0.
        given: what it was called on; only the shapes are read.
    """
    if position == 0:
        problem = explained(error, cards[0], experiment, given)
        where, repairs = problem.where, problem.repairs
    else:
        link = experiment.then[position - 1]
        alone = Experiment(cards[position].id, link.params, dtype=experiment.dtype)
        problem = explained(error, cards[position], alone, given)
        where = f"then.{position - 1}"
        repairs = (*_in_link(experiment, position - 1, problem.repairs), *_of_chain(experiment, cards, position - 1))
    what = Message(
        "Layer {number} of {count}, {layer}: {problem}",
        {"number": position + 1, "count": len(cards), "layer": cards[position].title, "problem": problem.what},
    )
    return Problem(
        what,
        expected=problem.expected,
        received=problem.received,
        where=where,
        detail=problem.detail,
        repairs=repairs,
        place=problem.place,
        why=problem.why,
        fixes=problem.fixes,
    )


def _in_link(experiment: Experiment, position: int, repairs: Sequence[Repair]) -> list[Repair]:
    """The fixes of a layer that is alone, as those of a chain's layer."""
    fixes = []
    for repair in repairs:
        change: dict[str, Any] = {}
        link = experiment.then[position]
        for name, value in repair.change.items():
            part, _, key = name.partition(".")
            if part == "params":
                link = Following(link.layer, {**link.params, key: value} if key else value)
            else:
                change[name] = value
        if link != experiment.then[position]:
            change["then"] = _then(experiment, position, [link])
        fixes.append(dataclasses.replace(repair, change=change))
    return fixes


def _of_chain(experiment: Experiment, cards: Sequence[Card], position: int) -> list[Repair]:
    label = Message("Take “{layer}” out of the chain", {"layer": cards[position + 1].title})
    repairs = [Repair(label, {"then": _then(experiment, position, [])})]
    repairs += [DROP_EDITS] if experiment.edits else []
    return repairs + ([DROP_MASK] if experiment.mask is not None else [])


def _then(experiment: Experiment, position: int, instead: Sequence[Following]) -> list[Any]:
    """The JSON of `then` with other layers in the place of one."""
    links = [*experiment.then[:position], *instead, *experiment.then[position + 1 :]]
    return [[link.layer, dict(link.params)] for link in links]
