"""Our words for Keras's layers: complete, short, our own, without leftovers, and importable without Keras."""

from __future__ import annotations

import dataclasses
import difflib
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import pytest

from explorer.core.catalog import derive, docstring
from explorer.keras_texts.summaries import HELP, SUMMARIES, help_of
from layers.card import Card
from tools.messages.msgids import msgids

ROOT = Path(__file__).parents[2]
LONGEST_SUMMARY, LONGEST_HELP, MOST_ALIKE = 90, 110, 0.8


def by_name() -> dict[str, Card]:
    return {name.removeprefix("keras.layers."): card for name, card in derive.derived_cards().items()}


def untold(cards: Iterable[tuple[str, Card]]) -> list[str]:
    """Everything on the cards that is not in our words."""
    gaps: list[str] = []
    for name, card in cards:
        gaps += [f"{name}: summary"] if card.summary != SUMMARIES.get(name) else []
        gaps += [f"{name}: story"] if card.story else []
        gaps += [f"{name}.{field.name}" for field in card.fields if not field.help]
        gaps += [f"{name}.{field.name}" for field in card.fields if field.help != help_of(name, field.name)]
    return gaps


def too_alike(ours: str, theirs: str) -> bool:
    ours, theirs = (" ".join(text.lower().split()).rstrip(".") for text in (ours, theirs))
    return difflib.SequenceMatcher(None, ours, theirs, autojunk=False).ratio() > MOST_ALIKE


def badly_written(text: str, longest: int) -> bool:
    return not text.endswith(".") or text != text.strip() or "  " in text or len(text) > longest


# ---------------------------------------------------------------------------------------------- complete
def test_every_derived_class_and_every_field_is_told_in_our_words() -> None:
    assert untold(by_name().items()) == []


def test_a_missing_word_is_noticed() -> None:
    card = by_name()["Conv1D"]
    bare = dataclasses.replace(card.fields[0], help="")
    theirs = dataclasses.replace(card.fields[1], help="Their sentence.")
    spoilt = dataclasses.replace(card, summary="Theirs.", story="Theirs.", fields=(bare, theirs))
    gaps = untold([("Conv1D", spoilt)])
    assert {"Conv1D: summary", "Conv1D: story", f"Conv1D.{bare.name}", f"Conv1D.{theirs.name}"} == set(gaps)


def test_nothing_is_left_over() -> None:
    cards = by_name()
    assert set(SUMMARIES) == set(cards)
    own = {f"{name}.{field.name}" for name, card in cards.items() for field in card.fields}
    own |= {f"{name}.{tensor.name}" for name, card in cards.items() for tensor in card.tensors if tensor.help}
    plain = {field.name for name, card in cards.items() for field in card.fields if f"{name}.{field.name}" not in HELP}
    assert {key for key in HELP if "." in key} - own == set(), "of a class that has no such argument"
    assert {key for key in HELP if "." not in key} - plain == set(), "no argument takes them"


# ----------------------------------------------------------------------------------------- short, our own
def test_every_text_is_one_short_line() -> None:
    assert [name for name, text in SUMMARIES.items() if badly_written(text, LONGEST_SUMMARY)] == []
    assert [name for name, text in HELP.items() if badly_written(text, LONGEST_HELP)] == []
    assert badly_written("No full stop", 90) and badly_written("x" * 90 + ".", 90) and not badly_written("Good.", 90)


@pytest.mark.parametrize("name", sorted(SUMMARIES))
def test_no_summary_is_the_docstrings(name: str) -> None:
    theirs = docstring.summary(getattr(keras.layers, name))
    assert not too_alike(SUMMARIES[name], theirs), theirs


def test_no_help_is_the_docstrings() -> None:
    taken = []
    for name, card in by_name().items():
        theirs = docstring.arguments(getattr(keras.layers, name))
        taken += [f"{name}.{f.name}" for f in card.fields if too_alike(f.help, theirs.get(f.name, ""))]
    assert taken == []


def test_a_sentence_that_was_taken_is_noticed() -> None:
    assert too_alike("Applies Dropout to the  input", docstring.summary(keras.layers.Dropout))
    assert too_alike("Applies a dropout to its input.", "Applies dropout to the input.")


def test_no_two_classes_share_a_summary() -> None:
    assert len(set(SUMMARIES.values())) == len(SUMMARIES)


# ------------------------------------------------------------------------------------------ which one wins
def test_the_word_of_a_class_wins_over_the_plain_one() -> None:
    assert help_of("ZeroPadding1D", "padding") == HELP["ZeroPadding1D.padding"] != HELP["padding"]
    assert help_of("AveragePooling1D", "padding") == HELP["padding"]
    assert help_of("Conv1D", "nothing_of_the_kind") == ""


class LaterLayer(keras.layers.Layer):
    """Comes with a later Keras. And more.

    A story of its own.

    Args:
        units: How many units there are in it.
        gadget: What nobody here has heard of.
    """

    def __init__(self, units: int = 2, gadget: float = 1.0, **kwargs: object) -> None:
        super().__init__(**kwargs)

    def call(self, inputs: object) -> object:
        return inputs


def planted(module: str, name: str = "LaterLayer") -> Card:
    """The derived card of a class of that name and module."""
    layer = type(name, (LaterLayer,), {"__doc__": LaterLayer.__doc__, "__module__": module})
    card = derive.derive_card(name, layer)
    assert isinstance(card, Card)
    return card


def test_a_class_or_argument_of_a_later_keras_keeps_its_docstring() -> None:
    card = planted("keras.src.layers.core.later")
    helps = {field.name: field.help for field in card.fields}
    assert (card.summary, card.story) == ("Comes with a later Keras.", "A story of its own.")
    assert helps == {"units": HELP["units"], "gadget": "What nobody here has heard of."}


def test_a_class_from_elsewhere_speaks_for_itself_whatever_its_name() -> None:
    card = planted("somebody.elses", "Attention")
    assert card.summary == "Comes with a later Keras."
    assert next(field.help for field in card.fields) == "How many units there are in it."


# ----------------------------------------------------------------------------------------- without Keras
def test_importing_the_words_imports_no_keras() -> None:
    code = "import sys, explorer.keras_texts.summaries; print(sorted({'keras', 'tensorflow'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_axis_name_can_be_translated() -> None:
    parts = [part for card in derive.derived_cards().values() for part in (*card.inputs, *card.tensors)]
    axes = {name for part in parts for name in part.axes}
    assert axes - msgids() == set()
