"""What readers type finds the layer that they mean, in either language and any order."""

from __future__ import annotations

import pytest

from explorer.core.catalog.derive import derived_cards
from explorer.i18n.translator import LANGUAGES
from explorer.keras_texts.synonyms import SYNONYMS
from explorer.views.search import find, names_of, rank, words_of
from layers import catalogue
from layers.card import Card


@pytest.fixture(scope="module")
def cards() -> dict[str, Card]:
    return {**catalogue(), **derived_cards()}


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        ("mha", "keras.layers.MultiHeadAttention"),
        ("convolve image", "keras.layers.Conv2D"),
        ("image convolve", "keras.layers.Conv2D"),
        ("합성곱", "keras.layers.Conv2D"),
        ("그림 합성곱", "keras.layers.Conv2D"),
        ("attention", "attention"),
        ("어텐션", "attention"),
        ("bn", "keras.layers.BatchNormalization"),
        ("batchnorm", "keras.layers.BatchNormalization"),
        ("lstm cell", "keras.layers.LSTMCell"),
        ("cell lstm", "keras.layers.LSTMCell"),
        ("pool", "max_pooling"),
        ("photos pooling", "keras.layers.MaxPooling2D"),
        ("Fully Connected", "keras.layers.Dense"),
        ("center zero", "center_zero"),
    ],
)
def test_words_find_a_layer(cards: dict[str, Card], text: str, layer: str) -> None:
    assert find(cards, text) == layer


def test_a_word_that_no_layer_has_finds_none(cards: dict[str, Card]) -> None:
    assert find(cards, "convolve elephants") is None


def test_a_name_counts_more_than_what_is_said(cards: dict[str, Card]) -> None:
    card = cards["keras.layers.Dropout"]
    assert rank("dropout", names_of(card), words_of(card)) == 2
    recurrent = cards["keras.layers.LSTM"]
    assert rank("dropout", names_of(recurrent), words_of(recurrent)) == 0


def test_each_synonym_belongs_to_a_layer_and_is_said_once() -> None:
    assert set(LANGUAGES) == {"en", "ko"}
    for key, words in SYNONYMS.items():
        assert key == key.lower() and words == words.lower()
        assert len(words.split()) == len(set(words.split())), key
