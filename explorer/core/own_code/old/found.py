"""What is old in a text: every rule's findings, and the changes that they propose, as changes of whole lines."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

from explorer.core.own_code.old.source import RULES, Old
from explorer.core.source_edits import Edit, Source, edited
from explorer.experiment.code_fixes import without_indentation
from explorer.model.answers import CodeFinding
from explorer.model.fix import Fix, with_plain_lines
from explorer.model.trace import Message

MOST_FOUND = 100
"""So many findings are told at most."""


@functools.lru_cache(maxsize=8)
def findings(code: str) -> tuple[CodeFinding, ...]:
    """What is old or missing in a text, in the order of its lines. Runs none of it.

    Changes that meet on a line are one change, which all their findings share.
    """
    source = Source(with_plain_lines(code))
    found: list[Old] = []
    for rule in RULES.all().values():
        try:
            found += rule(source)
        except (ValueError, RecursionError, IndexError):  # a text may be odd: then this rule says nothing
            continue
    found = sorted(found, key=lambda old: old.line)[:MOST_FOUND]
    kept: dict[int, tuple[Edit, ...]] = {}
    taken: list[Edit] = []
    for place, old in enumerate(found):
        if not any(_meet(one, other) for one in old.edits for other in taken):
            kept[place] = old.edits
            taken += [edit for edit in old.edits if edit not in taken]
    blocks = _blocks([edits for edits in kept.values() if edits])
    return tuple(
        CodeFinding(old.line, old.severity, old.what, _fix_of(source, kept.get(place, ()), blocks, taken))
        for place, old in enumerate(found)
    )


def fixes(code: str) -> tuple[Fix, ...]:
    """The changes that the findings propose, each once."""
    found = [finding.fix for finding in findings(code) if finding.fix is not None]
    return tuple(fix for place, fix in enumerate(found) if fix not in found[:place])


def _meet(one: Edit, other: Edit) -> bool:
    """Whether two edits change the same characters; the same edit, or two texts put in at one place, do not."""
    if one == other:
        return False
    starts, ends = (one.line, one.column), (one.end_line, one.end_column)
    other_starts, other_ends = (other.line, other.column), (other.end_line, other.end_column)
    return starts < other_ends and other_starts < ends


def _blocks(groups: Sequence[Sequence[Edit]]) -> list[tuple[int, int]]:
    """The lines of each group of edits; groups that share a line are one."""
    spans = sorted((min(e.line for e in edits), max(e.end_line for e in edits)) for edits in groups)
    blocks: list[tuple[int, int]] = []
    for first, last in spans:
        if blocks and first <= blocks[-1][1]:
            blocks[-1] = (blocks[-1][0], max(last, blocks[-1][1]))
        else:
            blocks.append((first, last))
    return blocks


def _fix_of(
    source: Source, edits: Sequence[Edit], blocks: Sequence[tuple[int, int]], taken: Sequence[Edit]
) -> Fix | None:
    """The change of the lines in which a finding's edits lie, with all others there."""
    if not edits:
        return None
    first, last = next((a, b) for a, b in blocks if a <= edits[0].line <= b)
    before = source.lines[first - 1 : last]
    up = first - 1
    inside = [
        dataclasses.replace(edit, line=edit.line - up, end_line=edit.end_line - up)
        for edit in taken
        if first <= edit.line <= last
    ]
    text = edited("\n".join(before), inside)
    after = [line for line in text.split("\n") if line.strip() or line in before]
    indentation = before[0][: len(before[0]) - len(before[0].lstrip())]
    changed = "\n".join(line.removeprefix(indentation) for line in after)
    return Fix(Message("Write it as it is written today"), without_indentation(before), changed, first)
