"""The code of a layer, as a text to change."""

from __future__ import annotations

from explorer.export.layer_source import self_contained
from layers.card import Card

_SUBCLASS = '''import keras


class My{name}(keras.layers.{name}):
    """Does what {name} does, until it is changed."""

    def call(self, *args, **kwargs):
        outputs = super().call(*args, **kwargs)
        return outputs
'''


def can_be_copied(card: Card) -> bool:
    """Whether a card's layer is a class: a function that makes one has nothing to change."""
    return card.layer.partition(":")[2][:1].isupper() and not card.symbolic


def copy_of(card: Card) -> str:
    """The source of a layer of ours with all that it needs; of one of Keras's own, a class to put one's changes into.

    Args:
        card: the layer's. One of Keras's own is too far spread over Keras's files to be taken out.
    """
    module, _, name = card.layer.partition(":")
    if module.partition(".")[0] == "keras":
        return _SUBCLASS.format(name=name)
    return "\n".join(self_contained([card.layer])).strip() + "\n"
