"""Every text that a reader can meet, found where it stands: in code, on cards, in claims, in tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir

import layers
from explorer import claims
from explorer.experiment import STEP_FIELDS
from explorer.inputs import KINDS
from explorer.stage.labels import LABELS
from explorer.views import discover
from explorer.views.controls.call import MASKS
from explorer.views.pages.gallery import TITLES
from explorer.views.pages.then_and_now import SUBJECTS
from explorer.words import HELP, SUMMARIES

ROOT = Path(__file__).parents[2]
KEYWORDS = {"t": None, "Message": None, "_refuse": None, "_say": None, "View": ((2, None),)}
"""Calls whose first text (of `View`: the second) is a msgid."""


def msgids() -> set[str]:
    """All msgids of the project."""
    return {text for text in (*_in_code(), *_in_tables(), *_on_cards(), *_in_claims()) if text.strip()}


def _in_code() -> Iterator[str]:
    for package in ("explorer", "layers"):
        for _, _, message, _, _ in extract_from_dir(
            ROOT / package, method_map=[("**.py", "python")], keywords=_keywords(), comment_tags=()
        ):
            yield message if isinstance(message, str) else message[0]


def _keywords() -> dict[str, tuple[int, ...] | None]:
    return {"t": None, "Message": None, "_refuse": None, "_say": None, "View": (2,)}


def _in_tables() -> Iterator[str]:
    yield from LABELS.values()
    yield from TITLES.values()
    yield from SUBJECTS.values()
    yield from MASKS.values()
    yield from claims.VERDICTS.values()
    for kind in KINDS.values():
        yield kind.title
        yield from (spec.help for spec in kind.fields)
    yield from (spec.help for spec in STEP_FIELDS)
    yield from SUMMARIES.values()
    yield from HELP.values()
    for package in ("explorer.views.pages", "explorer.views.panels"):
        yield from (view.title for view in discover(package))


def _on_cards() -> Iterable[str]:
    return [text for card in layers.catalogue().values() for text in card.texts()]


def _in_claims() -> Iterable[str]:
    return [text for claim in claims.claims() for text in claims.texts(claim)]
