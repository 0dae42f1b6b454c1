"""Texts: one translator a language, messages filled and nested, unknown languages in English."""

from __future__ import annotations

import pytest

from explorer.i18n.translator import LANGUAGES, preferred, translator
from explorer.model.trace import Message


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("ko-KR", "ko"),
        ("ko", "ko"),
        ("KO", "ko"),
        ("en-US", "en"),
        ("fr-FR", "en"),
        ("", "en"),
        (None, "en"),
        ("ko_KR", "ko"),
        ("../ko", "en"),
    ],
)
def test_the_language_of_a_locale(locale: str | None, language: str) -> None:
    assert preferred(locale) == language


def test_english_is_the_source() -> None:
    t = translator("en")
    assert t("Undo") == "Undo"
    assert t("{count} cells", count=3) == "3 cells"
    assert t("no {params} given") == "no {params} given"
    assert t("") == ""


def test_messages_within_messages_are_translated() -> None:
    t = translator("en")
    inner = Message("{name} is closed", {"name": "A"})
    assert t.message(Message("Because {why}.", {"why": inner})) == "Because A is closed."


def test_braces_in_what_is_filled_in_stay() -> None:
    assert translator("en").message(Message("Read {text}", {"text": "{__class__} {0} {"})) == "Read {__class__} {0} {"


@pytest.mark.parametrize("language", ["", "xx", "../../etc", "EN"])
def test_a_language_that_we_do_not_speak(language: str) -> None:
    assert translator(language).language == "en"


def test_translators_do_not_share_their_language() -> None:
    assert translator("en") is translator("en")
    assert [translator(language).language for language in LANGUAGES] == list(LANGUAGES)
