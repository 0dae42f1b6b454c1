"""Find a layer by what readers call it: any of its words in any order, in either language, or its capitals ("mha").

The gallery's list does the same in the browser, with the same words (`matches` of `shelf.js`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from explorer.i18n.translator import LANGUAGES, translator
from explorer.keras_texts.synonyms import SYNONYMS
from layers.card import Card

STEM = re.compile(r"(ing|ers?|ed|es|s|e)$")
"""The endings that English words take: "convolv" of convolve and convolves."""


def names_of(card: Card) -> str:
    """What the layer is called, in lower case: its titles, their parts and capitals, and what these mean."""
    titles = {card.title, card.id.rsplit(".", 1)[-1], *(translator(name)(card.title) for name in LANGUAGES)}
    words = [word for title in sorted(titles) for word in (title, *parts_of(title), _capitals(title))]
    text = " ".join([*words, card.group]).lower()
    return f"{text} {_meant_by(text)}"


def words_of(card: Card) -> str:
    """What is said about the layer, in lower case: its summary, its parameters and its group, in every language."""
    texts = [card.id.replace(".", " "), card.group, *(spec.name.replace("_", " ") for spec in card.fields)]
    for language in LANGUAGES:
        t = translator(language)
        texts += [t(card.summary), t(card.group.capitalize()), *(t(spec.help) for spec in card.fields)]
    return f"{' '.join(texts)} {_meant_by(card.summary)}".lower()


def find(cards: Mapping[str, Card], text: str) -> str | None:
    """The layer that is meant by some words, the best one; None if no layer has all of them."""
    ranks = {name: rank(text, names_of(card), words_of(card)) for name, card in cards.items()}
    found = [name for name, worth in ranks.items() if worth is not None]
    return max(found, key=lambda name: (ranks[name] or 0, -len(cards[name].title)), default=None)


def rank(text: str, names: str, words: str) -> int | None:
    """How well a search fits a layer; None: a word of it is missing.

    A word fits where another one begins as it does; it counts more in a name than in what is said about the layer.
    """
    worth = 0
    for token in text.lower().split():
        if _begins(token, names):
            worth += 2
        elif not _begins(token, words):
            return None
    return worth


def parts_of(title: str) -> list[str]:
    """The words of a class's name: "Max", "Pooling", "2D"."""
    return re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+[A-Z]?", title)


def _begins(token: str, text: str) -> bool:
    if not token.isascii():
        return token in text  # Korean writes words together
    return f" {token}" in f" {text}" or (len(token) > 4 and f" {STEM.sub('', token)}" in f" {text}")


def _capitals(title: str) -> str:
    """The capitals and digits of a name: "mha" of MultiHeadAttention."""
    return "".join(re.findall(r"[A-Z0-9]", title))


def _meant_by(text: str) -> str:
    words = re.findall(r"\w+", text.lower())
    return " ".join(more for key, more in SYNONYMS.items() if any(word.startswith(key) for word in words))
