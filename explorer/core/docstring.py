"""Reads the docstrings of the installed Keras: a summary, a story, and one sentence per argument."""

from __future__ import annotations

import inspect
import re
from typing import Any

_SECTION = re.compile(r"^(Args|Arguments|Call arguments|Inputs?|Outputs?|Returns|Raises|References?|Examples?)\b.*$", re.I)
_CODE = re.compile(r"^\s*(>>>|```|\.\. code)|\bFor (example|instance):\s*$", re.I)
_ENTRY = re.compile(r"^\*{0,2}`?(\w+(?:, ?\w+)*)`?(?: \([^)]*\))?: (.*)$")
MAX_SENTENCE = 240
MAX_STORY = 1200


def summary(documented: Any) -> str:
    """The first sentence or line of the docstring, "" if there is none."""
    return _sentence(_paragraphs(documented)[0]) if _paragraphs(documented) else ""


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
    start = next((n for n, line in enumerate(lines) if re.match(r"^(Args|Arguments):\s*$", line)), len(lines))
    entries: dict[str, list[str]] = {}
    indent, names = 0, []
    for line in lines[start + 1 :]:
        if line and not line[0].isspace():
            break
        depth = len(line) - len(line.lstrip())
        entry = _ENTRY.match(line.strip()) if line.strip() and (not indent or depth == indent) else None
        if entry:
            indent, names = depth, re.split(", ?", entry[1])
            entries.update({name: [entry[2]] for name in names})
            continue
        for name in names:
            entries[name].append(line.strip())
    return {name: _sentence(" ".join(text)) for name, text in entries.items()}


def _paragraphs(documented: Any) -> list[str]:
    text = (inspect.getdoc(documented) or "").strip()
    return [part for part in re.split(r"\n\s*\n", text) if part.strip()]


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    end = re.search(r"(?<!e\.g)(?<!i\.e)(?<!\(ie)(?<!etc)\. (?=[A-Z`\"(])", text)
    sentence = text[: end.start() + 1] if end else text
    return sentence if len(sentence) <= MAX_SENTENCE else sentence[: MAX_SENTENCE - 1].rstrip() + "…"
