"""A .keras file that a visitor uploaded: looked at, loaded in safe mode, and each of its layers as a layer under test.

Its numbers are the file's: nothing here is made from a seed. What the loading may touch is for the process to say in
which it happens.
"""

from __future__ import annotations

from typing import Any

from explorer.core.doctor.replica import replica
from explorer.core.own_model.cards import card_in_model, mask_reaching, reaching
from explorer.core.own_model.loading import current, open_model
from explorer.core.own_model.opened import opened

__all__ = ["card_in_model", "layer_in_model", "mask_reaching", "open_model", "opened", "reaching"]


def layer_in_model(layer: str) -> Any:
    """A copy of a layer of the model that was opened last, with its weights and its state.

    Raises:
        Problem: if there is no such layer.
    """
    card_in_model(layer)
    return replica(current().parts[layer].layer)
