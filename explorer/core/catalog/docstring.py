"""Reads the docstrings of the installed Keras: a summary, a story, and one sentence per argument."""

from __future__ import annotations

import inspect
import re
import textwrap
from typing import Any

_SECTION = re.compile(
    r"^(Args|Arguments|Call arguments|Inputs?|Outputs?|Returns|Raises|References?|Examples?)\b.*$", re.I
)
_CODE = re.compile(r"^\s*(>>>|```|\.\. code)|\bFor (example|instance):\s*$", re.I)
_ENTRY = re.compile(r"^`?(\w+(?:, ?\w+)*)`?(?: ?\([^)]*\))?:\s*(.*)$")
_END = re.compile(r"(?<!e\.g)(?<!i\.e)(?<!etc)\. (?=[A-Z`\"(])")
MIN_SENTENCE = 30
MAX_SENTENCE = 240
MAX_STORY = 1200


def summary(documented: Any) -> str:
    """The first sentence of the docstring, "" if there is none."""
    return _sentence(_paragraphs(documented)[0], 0) if _paragraphs(documented) else ""


def story(documented: Any) -> str:
    """The paragraphs between the summary and the first section or example, at most `MAX_STORY` characters of them."""
    told: list[str] = []
    for paragraph in _paragraphs(documented)[1:]:
        lines = paragraph.splitlines()
        if _SECTION.match(lines[0]) or any(_CODE.search(line) for line in lines):
            break
        if sum(map(len, told)) + len(paragraph) > MAX_STORY:
            break
        told.append(paragraph)
    return "\n\n".join(told)


def arguments(documented: Any) -> dict[str, str]:
    """What the docstring says about each argument: its first sentence."""
    lines = (inspect.getdoc(documented) or "").splitlines()
    start = next((n for n, line in enumerate(lines) if re.match(r"^\s*(Args|Arguments):\s*$", line)), len(lines))
    heading = _depth(lines[start]) if start < len(lines) else 0
    entries: dict[str, list[str]] = {}
    indent = 0
    names: list[str] = []
    for line in filter(str.strip, lines[start + 1 :]):
        if _depth(line) <= heading:
            break
        indent = indent or _depth(line)
        entry = _ENTRY.match(line.strip()) if _depth(line) == indent else None
        if entry:
            names = re.split(", ?", entry[1])
            entries.update({name: [] for name in names})
        for name in names:
            entries[name].append(entry[2] if entry else line.strip())
    return {name: _sentence(" ".join(text)) for name, text in entries.items()}


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _paragraphs(documented: Any) -> list[str]:
    text = (inspect.getdoc(documented) or "").strip()
    return [textwrap.dedent(part) for part in re.split(r"\n\s*\n", text) if part.strip()]


def _sentence(text: str, least: int = MIN_SENTENCE) -> str:
    """The first sentence, and the next ones while that is as short as "Boolean."."""
    text = " ".join(text.split())
    ends = [end.start() + 1 for end in _END.finditer(text)]
    end = next((end for end in ends if end >= least), len(text))
    sentence = text[:end]
    return sentence if len(sentence) <= MAX_SENTENCE else sentence[: MAX_SENTENCE - 1].rstrip() + "…"
