"""What the author of a layer has told the doctor not to count, each time with a reason.

    class Mine(keras.layers.Layer):  # layer-explorer: ignore[registered] it is never saved

A comment on the lines that begin the class counts for all of it, one on another line for findings about that line.
"""

from __future__ import annotations

import io
import re
import textwrap
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from explorer.core.doctor.blame import Code, codes
from explorer.model.fix import SourceLine
from explorer.model.report import Finding

_COMMENT = re.compile(r"#\s*layer-explorer:\s*ignore\[([^\]]*)\]\s*[:–—-]*\s*(.*?)\s*$")


@dataclass(frozen=True)
class Directive:
    """A comment that tells the doctor what not to count.

    Attributes:
        checks: their ids.
        reason: the author's words; a directive without any does not count.
        place: where it stands.
        whole: whether it is about the whole class.
    """

    checks: tuple[str, ...]
    reason: str
    place: SourceLine
    whole: bool

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is not to be counted."""
        if not self.reason or finding.check not in self.checks:
            return False
        place = finding.place
        return self.whole or (place is not None and (place.file, place.line) == (self.place.file, self.place.line))


def directives(known: type) -> list[Directive]:
    """The directives in the source of a class and of its parents up to Keras's own, in the order of their lines."""
    return [one for code in codes(known) for one in _of_class(code)]


def _of_class(code: Code) -> Iterator[Directive]:
    begins = code.first_line + code.tree.body[0].body[0].lineno - 1  # type: ignore[attr-defined]
    lines = "".join(code.lines)
    try:
        comments = [
            (token.string, token.start[0])
            for token in tokenize.generate_tokens(io.StringIO(textwrap.dedent(lines)).readline)
            if token.type == tokenize.COMMENT
        ]
    except (tokenize.TokenError, IndentationError):
        return
    for comment, number in comments:
        line = code.first_line + number - 1
        if (found := _COMMENT.match(comment)) is not None:
            ids = tuple(name.strip() for name in found[1].split(",") if name.strip())
            yield Directive(ids, found[2], SourceLine(code.file, line, comment), line < begins)
