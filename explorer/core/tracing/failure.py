"""Where a call failed, and why, in one line."""

from __future__ import annotations

import re
import types
from dataclasses import dataclass
from typing import Any

from explorer.core.plain import message
from explorer.core.tracing.source_position import Site, column, text_of

MAX_ERROR = 400
"""An error is told in at most so many characters; the problem's detail has it all."""
_NOISE = (
    r"^Exception encountered when calling [^\n]*\n",  # Keras's wrapping
    r"^Error when deserializing class [\s\S]*?\n\s*Exception encountered: ",  # Keras's wrapping, the config in it
    r"\{\{function_node [^}]*\}\}\s*",  # TensorFlow's name of the kernel
    r"\s*\[Op:\w+\][^\n]*",
    r"^in user code:\s*(?:File [^\n]*\n[^\n]*\n\s*)*(?:\w+: )?",  # AutoGraph's wrapping
)


@dataclass(frozen=True, eq=False)
class Failure:
    """The innermost sub-expression, or statement, that failed.

    Attributes:
        frame: the `OpenFrame` it stands in.
        site: its place.
        operation, arguments, keywords: as of `OpenStep`; of a statement, nothing.
        error: what was raised.
        ops: the TensorFlow operations that ran for it before it failed.
    """

    frame: Any
    site: Site
    operation: Any
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    error: BaseException
    ops: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The first useful line of the error, after its type."""
        text = message(self.error)
        for noise in _NOISE:
            text = re.sub(noise, "", text)
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        name = type(self.error).__name__
        text = f"{name}: {lines[0]}" if lines else name
        return text if len(text) <= MAX_ERROR else f"{text[: MAX_ERROR - 1]}…"


def place_of(error: BaseException, code: types.CodeType, source: str) -> Site | None:
    """Where in a rewritten function an error came up that no tap saw: a `raise`, a missing attribute, an unpacking.

    Args:
        error: as it was caught by the function's caller.
        code: the rewritten function's.
        source: the original's.
    Returns:
        None if the function was not even entered.
    """
    entry = error.__traceback__.tb_next if error.__traceback__ else None
    if entry is None or entry.tb_frame.f_code.co_filename != code.co_filename:
        return None
    positions = list(entry.tb_frame.f_code.co_positions())
    line, end_line, start, end = positions[entry.tb_lasti // 2]
    lines = source.split("\n")
    if line is None or end_line is None or start is None or end is None or end_line > len(lines):
        return None
    span = (line, column(lines[line - 1], start), end_line, column(lines[end_line - 1], end))
    return Site(*span, text_of(lines, *span))
