"""The layers of an exported program: one called "layer", or those of a chain by their names in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explorer.experiment import Experiment
from explorer.experiment.chains import link_names, prefixes
from explorer.export.constructor import construction
from explorer.model.trace import Trace
from layers.card import Card


@dataclass(frozen=True)
class Link:
    """One layer of the program.

    Attributes:
        name: its variable.
        prefix: the beginning of its weights' names in the trace.
        card, params: what it is.
        config: the built layer's own config.
    """

    name: str
    prefix: str
    card: Card
    params: Mapping[str, Any]
    config: Mapping[str, Any]

    def construction(self, dtype: str) -> str:
        """The line that makes it."""
        return f"{self.name} = {construction(self.card, self.params, self.config, dtype)}"


def script_links(experiment: Experiment, cards: Sequence[Card], trace: Trace) -> list[Link]:
    """The layers of the program, in order.

    Raises:
        ValueError: if there is not one card for each layer.
    """
    if len(cards) != 1 + len(experiment.then):
        raise ValueError(f"The chain has {1 + len(experiment.then)} layers. Received: {len(cards)} cards")
    if len(cards) == 1:
        return [Link("layer", "", cards[0], experiment.params, trace.config)]
    names = link_names(cards)
    params = [experiment.params, *(link.params for link in experiment.then)]
    configs = trace.config.get("layers") or [{}] * len(cards)
    return [Link(*parts) for parts in zip(names, prefixes(names), cards, params, configs, strict=True)]
