"""Names that Keras has for itself, or would have understood had they been spelled right."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from explorer.core.doctor.curing.proposing import Change, Ill, cure
from explorer.core.mistakes import suspects
from explorer.core.mistakes.syntax import self_attribute
from explorer.core.source_edits import Edit
from explorer.model.fix import Fix
from explorer.model.trace import Message


@cure()
def recognised(ill: Ill) -> Iterator[Change]:
    """What is proposed for a typical mistake that was recognised: a line, and the line in its place."""
    mistake = ill.finding.mistake
    found = [ill.finding.fix, *(fix for one in suspects(ill.known) if one.id == mistake for fix in one.fixes)]
    for fix in found:
        edit = _edit(ill, fix) if fix is not None and fix.before else None
        if edit is not None and fix is not None:
            yield Change(fix.what, (edit,))


def _edit(ill: Ill, fix: Fix) -> Edit | None:
    """One line in the place of another."""
    lines = ill.source.lines
    line = fix.line or ill.line
    if not 0 < line <= len(lines) or lines[line - 1].strip() != fix.before:
        return None
    text = lines[line - 1]
    space = text[: len(text) - len(text.lstrip())]
    return Edit(line, len(space), line, len(text.rstrip()), fix.after.replace("\n", f"\n{space}"))


@cure("own_names", "call")
def renamed_attribute(ill: Ill) -> Iterator[Change]:
    """`self._layers`, `self.input`: another name, everywhere."""
    found = re.search(r"property '(\w+)'|attribute '?(\w+)'? .{0,40}can'?t be set", ill.finding.detail)  # Keras's words
    name = ill.facts["name"] if ill.finding.mistake == "reserved_name" else (found[1] or found[2]) if found else ""
    places = [node for node in ill.nodes if name and self_attribute(node) == name]
    new = f"own_{name.strip('_')}"
    if places and not any(self_attribute(node) == new for node in ill.nodes):
        what = Message("Give self.{name} another name: self.{new}", {"name": name, "new": new})
        yield Change(what, tuple(_renamed(ill, node, name, new) for node in places))


def _renamed(ill: Ill, node: ast.AST, name: str, new: str) -> Edit:
    line, end = ill.source.end(node)
    return Edit(line, end - len(name), line, end, new)


@cure("training_argument")
def renamed_argument(ill: Ill) -> Iterator[Change]:
    """`call(self, x, is_training=False)`."""
    method = ill.methods.get("call")
    suspected = next((one for one in suspects(ill.known) if one.id == "misspelled_argument"), None)
    if method is None or suspected is None:
        return
    old, new = suspected.received, suspected.expected
    edits = []
    for node in ast.walk(method):
        if isinstance(node, ast.arg) and node.arg == old:
            line, at = ill.source.start(node)
            edits.append(Edit(line, at, line, at + len(old), new))
        elif isinstance(node, ast.Name) and node.id == old:
            edits.append(ill.source.put(node, new))
    yield Change(Message("Call the argument {name}", {"name": new}), tuple(edits))
