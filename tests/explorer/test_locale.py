"""The Korean catalogue is complete, and says with every placeholder what the English says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from explorer.i18n.translator import preferred, translator
from explorer.model.trace import Message
from explorer.stage.editor_labels import LABELS as EDITOR
from explorer.stage.flow_labels import LABELS as FLOW
from explorer.stage.labels import LABELS as STAGE
from explorer.stage.trail_labels import LABELS as TRAIL
from explorer.views import GROUPS
from tools.messages.msgids import msgids

PO = Path(__file__).parents[2] / "explorer" / "i18n" / "ko.po"
EITHER = re.compile(
    r"[은는이가을를으와과로]\([은는이가을를으와과로]+\)|\([은는이가을를으와과로]+\)[은는이가을를와과로]"
)
"""Both forms of a particle, for the writer did not know which word comes before it: 은(는), (으)로."""
PLACEHOLDER = re.compile(r"\{(\w*)\}")


def complaints(catalogue: Catalog, wanted: set[str]) -> list[str]:
    """What is wrong: texts that are missing, fuzzy or left over, have other placeholders, or leave a particle open."""
    found = []
    for msgid in sorted(wanted):
        message = catalogue.get(msgid)
        if message is None or not message.string:
            found.append(f"missing: {msgid}")
        elif message.fuzzy:
            found.append(f"fuzzy: {msgid}")
        elif sorted(PLACEHOLDER.findall(msgid)) != sorted(PLACEHOLDER.findall(message.string)):
            found.append(f"placeholders: {msgid} -> {message.string}")
        elif EITHER.search(message.string):
            found.append(f"either particle: {msgid} -> {message.string}")
    found += [f"left over: {m.id}" for m in catalogue if m.id and m.id not in wanted]
    return found


def test_korean_is_complete() -> None:
    with PO.open("rb") as file:
        catalogue = read_po(file, locale="ko")
    assert complaints(catalogue, msgids()) == []


@pytest.mark.parametrize(
    ("string", "fuzzy", "complaint"),
    [
        ("", False, "missing"),
        ("{n}개", True, "fuzzy"),
        ("셀", False, "placeholders"),
        ("{m}개", False, "placeholders"),
        ("{n}은(는)", False, "either particle"),
        ("{n}(으)로", False, "either particle"),
    ],
)
def test_a_faulty_entry_is_found(string: str, fuzzy: bool, complaint: str) -> None:
    catalogue = Catalog(locale="ko")
    catalogue.add("{n} cells", string, flags=["fuzzy"] if fuzzy else [])
    assert [text.split(":")[0] for text in complaints(catalogue, {"{n} cells"})] == [complaint]


def test_a_left_over_entry_is_found() -> None:
    catalogue = Catalog(locale="ko")
    catalogue.add("gone", "없음")
    assert complaints(catalogue, set()) == ["left over: gone"]


def test_msgids_are_found_in_code_on_cards_and_in_claims() -> None:
    found = msgids()
    assert {"Undo", "A shape is a list of whole numbers.", "Rows of the hole.", "Then and now", "Ones"} <= found
    assert {*STAGE.values(), *EDITOR.values(), *FLOW.values(), *TRAIL.values(), *GROUPS.values()} <= found


def test_two_languages_in_one_process() -> None:
    english, korean = translator("en"), translator("ko")
    assert english("Undo") == "Undo"
    assert korean("Undo") != "Undo"
    assert korean.message(Message("{count} further steps were not recorded.", {"count": 3})).count("3") == 1
    assert korean("A text that nobody translated") == "A text that nobody translated"


@pytest.mark.parametrize(
    ("locale", "language"), [("ko-KR", "ko"), ("ko", "ko"), ("en-GB", "en"), ("de-DE", "en"), (None, "en"), ("", "en")]
)
def test_the_browser_chooses_the_language(locale: str | None, language: str) -> None:
    assert preferred(locale) == language
