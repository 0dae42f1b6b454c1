"""What a failure of typed code means: its line, its cause in words, and the original message."""

from __future__ import annotations

import ast
import re
import traceback
from collections.abc import Iterator

from explorer.core.mistakes import Diagnosis, diagnose
from explorer.core.own_code.old import fixes
from explorer.core.plain import message, said
from explorer.experiment.experiment import OWN_FILE
from explorer.model.fix import SourceLine
from explorer.model.problem import Problem
from explorer.model.trace import Message


def unreadable(error: Exception, code: str) -> Problem:
    """The text is no Python."""
    line = (error.lineno or 0) if isinstance(error, SyntaxError) else 0
    reason = error.msg if isinstance(error, SyntaxError) else said(error)
    what = Message("Python cannot read this text: {reason}.", {"reason": str(reason).rstrip(".")})
    return Problem(what, where="code", detail=said(error), place=source_line(code, line), fixes=fixes(code))


def import_failed(error: BaseException, code: str, printed: str) -> Problem:
    """The text is Python, but executing it raised something."""
    place = innermost(error, code)
    known = _known(error)
    detail = said(error) + (f"\n\n{printed}" if printed else "")
    if known is not None:
        return Problem(
            known.cause,
            expected=known.expected,
            received=known.received,
            where="code",
            detail=detail,
            place=place or known.place,
            why=known.why,
            fixes=(*fixes(code), *known.fixes),
        )
    what = sentence(error) or Message("The code stopped before its classes could be read.")
    return Problem(what, where="code", detail=detail, place=place, fixes=fixes(code))


def sentence(error: BaseException) -> Message | None:
    """What a failure means that any code may have; None if nothing is known."""
    if isinstance(error, ModuleNotFoundError) and type(error.name) is str:
        return Message(
            "There is no module “{name}” here. There are Keras, TensorFlow, NumPy and Python's own.",
            {"name": error.name},
        )
    unknown = re.search(r"\bname '(\w+)' is not defined", message(error)) if isinstance(error, NameError) else None
    if unknown:
        return Message("Nothing is called “{name}” here: it was neither defined nor imported.", {"name": unknown[1]})
    if isinstance(error, (SystemExit, KeyboardInterrupt)):
        return Message("The code ended the program. Leave that out: the layer is needed afterwards.")
    if isinstance(error, RecursionError):
        return Message("The code calls itself without end.")
    return None


def stopped(error: BaseException, code: str) -> Problem:
    """A job on typed code ended in something that nobody expected."""
    known = sentence(error) or Message("The code broke off: {error}", {"error": said(error).split(":")[0][:100]})
    return Problem(known, where="code", detail=said(error), place=innermost(error, code), fixes=fixes(code))


def _known(error: BaseException) -> Diagnosis | None:
    """The mistake, if it is one of the known."""
    try:
        return diagnose(error) if isinstance(error, Exception) else None
    except Exception:
        return None


def innermost(error: BaseException, code: str) -> SourceLine | None:
    """The innermost line of the text through which the first error of a chain went."""
    for one in reversed(list(_chain(error))):
        if isinstance(one, SyntaxError) and one.filename == OWN_FILE:
            return source_line(code, one.lineno or 0)
        lines = [line for frame, line in traceback.walk_tb(one.__traceback__) if frame.f_code.co_filename == OWN_FILE]
        if lines:
            return source_line(code, lines[-1])
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    at: BaseException | None = error
    for _ in range(20):
        if at is None:
            return
        yield at
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)


def source_line(code: str, line: int) -> SourceLine | None:
    """A line of the text; None if it has no such line."""
    lines = code.split("\n")
    return SourceLine(OWN_FILE, line, lines[line - 1].strip()) if 0 < line <= len(lines) else None


def parsed(code: str) -> ast.Module | None:
    """The text's syntax; None if it is no Python."""
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return None
