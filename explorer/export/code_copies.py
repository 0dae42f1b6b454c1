"""A layer of the catalogue as code to change."""

from __future__ import annotations

import layers
from explorer.export.layer_source import self_contained


def copy_of(layer: str) -> str | None:
    """The class of one of our own layers, with just the imports and definitions that it needs; without its card.

    Args:
        layer: a card's id.
    Returns:
        None if it is no class of ours. Of one of Keras the job "copy" makes a subclass: its signature is Keras's to
        tell.
    """
    card = layers.catalogue().get(layer)
    if card is None or not card.layer.startswith("layers."):
        return None
    lines = self_contained([card.layer])
    name = card.layer.rpartition(":")[2]
    if not any(f"class {name}(" in line for line in lines):
        return None
    if not any("np." in line for line in lines):
        lines.remove("import numpy as np")
    return "\n".join(lines).strip() + "\n"
