"""The one way for foreign text onto the page: names, values and messages that come from a link, a file or a layer.

Streamlit reads nearly every text as Markdown. What passes through here is shown as it is: no link, no picture, no
colour, no icon. `tests/explorer/views/test_foreign_text.py` finds texts of the views that do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import streamlit as st

from explorer.experiment.experiment import OWN
from explorer.i18n.translator import Translator
from layers.card import Card

_MARKUP = frozenset("\\`*_{}[]<>()#+-.!|$~:&")
_JOINER = "\u2060"
"""Takes no room. Streamlit looks for addresses, icons and arrows when escapes are gone; with it they are none."""
_CONTROL = re.compile(r"\r\n|[\x00-\x1f\x7f\x85\u2028\u2029]")
"""Ends of lines, which end code between backticks and start blocks, and characters that are not seen."""
_ICON = re.compile(r":(?=material/)")
"""Streamlit changes these even between backticks."""
_SOUGHT = re.compile(r"(?i)(?<=http)s?:|(?<=ftp):|(?<=mailto):|(?<=ww)w(?=\.)|@|:(?=[a-z][\w/+-]*:)|[<>~-](?=[-=>])")


def escape(text: object) -> str:
    """Text as Markdown that shows it as it is, on one line."""
    broken = _SOUGHT.sub(lambda found: found[0] + _JOINER, _line(text))
    return "".join(f"\\{c}" if c in _MARKUP else c for c in broken)


def code(text: object) -> str:
    """Text as it may stand between backticks in Markdown."""
    return _ICON.sub(":" + _JOINER, _line(text).replace("`", "ʹ"))


def _line(text: object) -> str:
    """The text on one line: a space for each end of a line, of whichever kind."""
    return _CONTROL.sub(" ", str(text))


def marked(text: str) -> str:
    """A text whose code stands between backticks, for Markdown: the rest is shown as it is."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return "".join(f"`{code(part)}`" if at % 2 else escape(part) for at, part in enumerate(parts) if part)


def title_of(t: Translator, card: Card) -> str:
    """A card's title in the reader's language; that of a reader's own class is its name in the code."""
    return card.title if card.id.startswith(OWN) else t(card.title)


def table(columns: Mapping[str, Iterable[object]]) -> None:
    """Draw a table, a column for each heading.

    As Markdown: Streamlit's own tables are made by pandas, which takes 70 MB of the web process and some of the time of
    every change.
    """
    lines = [" | ".join(escape(cell) for cell in row) for row in (columns, *zip(*columns.values(), strict=True))]
    lines.insert(1, " | ".join("---" for _ in columns))
    st.markdown("\n".join(f"| {line} |" for line in lines))
