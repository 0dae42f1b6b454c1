"""Keras's messages without their colours, and of a length that can be read."""

from __future__ import annotations

import re

MOST = 20_000
"""Of a longer text the middle is left out: the reason stands at one of its ends."""
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


def plain(text: str) -> str:
    """The text without ANSI escape sequences, without spaces at its ends, and with at most about `MOST` characters."""
    return _ESCAPE.sub("", shortened(text, MOST)).strip()


def shortened(text: str, most: int) -> str:
    """A long text without its middle."""
    return text if len(text) <= most else f"{text[: most // 2]}\n…\n{text[-most // 2 :]}"


def message(error: BaseException) -> str:
    """An exception's message; "" where its class has none to give."""
    try:
        return plain(str.__str__(str(error)))
    except BaseException:  # the class may be anybody's
        return ""


def said(error: BaseException) -> str:
    """An exception's name and message, whatever its class makes of being asked."""
    text = message(error)
    name = str(type.__dict__["__name__"].__get__(type(error)))
    return f"{name}: {text}" if text else name
