"""Texts in the reader's language. The source holds English msgids; `ko.po` the Korean.

There is no global language: visitors share the process, so each view asks for the translator of its own session.
"""

from __future__ import annotations

import functools
import gettext
import io
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from explorer.model.trace import Message

LANGUAGES = {"en": "English", "ko": "한국어"}
CATALOGUES = Path(__file__).parent


class Translator:
    """Calls like `t("Undo")` and `t("{count} cells", count=3)` give text in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalogue = _catalogue(language)

    def __call__(self, msgid: str, /, **params: Any) -> str:
        """The text for a msgid, its braces filled."""
        text = self._catalogue.gettext(msgid) if msgid else ""
        return text.format(**params) if params else text

    def message(self, message: Message) -> str:
        """A message of the core, translated and filled in. Messages within messages are translated too."""
        params = {n: self.message(v) if isinstance(v, Message) else v for n, v in message.params.items()}
        return self(message.msgid).format(**params)


@functools.cache
def translator(language: str) -> Translator:
    """The translator of a language; English for one that we do not speak."""
    return Translator(language if language in LANGUAGES else "en")


def preferred(locale: str | None) -> str:
    """The language for a browser's locale ("ko-KR" -> "ko")."""
    language = (locale or "en").replace("_", "-").split("-")[0].lower()
    return language if language in LANGUAGES else "en"


@functools.cache
def _catalogue(language: str) -> gettext.NullTranslations:
    path = CATALOGUES / f"{language}.po"
    if not path.exists():
        return gettext.NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
