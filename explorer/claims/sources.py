"""The five documents as a reader would name them. Their numbers are keys: cards, claims and links keep them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Source:
    """One document.

    Attributes:
        name: its year (or version) and kind, in a few words (an English msgid).
        about: what it is about, as a heading (an English msgid).
    """

    name: str
    about: str


SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        "000": Source("2017, post on pooling", "Making a Keras layer (2017, Keras 1.1)"),
        "001": Source("2020, post on a grid", "Customising a layer: the 10x10 grid (2020, TensorFlow 2)"),
        "002": Source("2020, article on layers", "The layers of Keras (2020, after the Korean Keras manual)"),
        "003": Source("Keras 2.0, manual page", "Writing your own layer: build, call, several inputs (Keras 2.0)"),
        "004": Source("Keras 2.7, notes on layers", "Custom layers: Linear and attention (TensorFlow 2.7 era)"),
    }
)
DOCUMENTS = tuple(SOURCES)
"""The documents' numbers, in their order."""
