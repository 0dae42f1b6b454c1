"""Keras's messages without their colours."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


def plain(text: str) -> str:
    """The text without ANSI escape sequences, and without spaces at its ends."""
    return _ESCAPE.sub("", text).strip()
