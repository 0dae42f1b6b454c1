"""Find the card of any layer: our catalogue first, then Keras's classes by derivation."""

from __future__ import annotations

import difflib
import functools

import layers
from explorer.core.catalog.derive import aliases, closed, derived_cards
from explorer.experiment.experiment import OWN
from explorer.experiment.model_file import is_of_model
from explorer.model.problem import Problem, Repair
from explorer.model.trace import Message
from layers.card import Card


def find_card(layer: str, code: str = "") -> Card:
    """The card of that id.

    Args:
        layer: the id.
        code: the text that defines the layers whose ids begin with `OWN`. It is executed.

    Raises:
        Problem: if there is no such layer, or Keras's class cannot be opened; with the nearest names as repairs.
    """
    if layer in layers.catalogue():
        return layers.catalogue()[layer]
    if is_of_model(layer):
        from explorer.core.own_model import card_in_model  # of the model that was opened for this experiment

        return card_in_model(layer)
    if layer.startswith(OWN):
        from explorer.core.own_code import own_card  # which builds layers to try them, and so needs this module

        return own_card(layer, code)
    cards = _derived()
    layer = aliases().get(layer, layer)
    if layer in cards:
        return cards[layer]
    if layer in layers.catalogue():
        return layers.catalogue()[layer]
    reasons = closed()
    if layer in reasons:
        raise Problem(reasons[layer], received=layer, where="layer")
    names = [*layers.catalogue(), *cards]
    near = difflib.get_close_matches(layer, names, 3, 0.5) or difflib.get_close_matches(
        f"keras.layers.{layer}", names, 3
    )
    raise Problem(
        "There is no layer of that name.",
        expected=", ".join(near) or "center_zero, keras.layers.Dense, ...",
        received=layer,
        where="layer",
        repairs=tuple(Repair(Message("Open {layer}", {"layer": name}), {"layer": name}) for name in near),
    )


@functools.cache
def _derived() -> dict[str, Card]:
    return derived_cards()
