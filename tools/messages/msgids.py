"""Every text that a reader can meet, found where it stands: in code, on cards, in claims, in tables."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import layers
from explorer import claims
from explorer.experiment import STEP_FIELDS
from explorer.experiment.recipes import KINDS
from explorer.experiment.starts import starts
from explorer.keras_texts.summaries import AXES, HELP, SUMMARIES
from explorer.model.report import OUTCOME_LABELS
from explorer.stage.editor_labels import LABELS as EDITOR_LABELS
from explorer.stage.flow_labels import LABELS as FLOW_LABELS
from explorer.stage.labels import LABELS
from explorer.stage.notebook_labels import ALONE
from explorer.stage.notebook_labels import LABELS as NOTEBOOK_LABELS
from explorer.stage.trail_labels import LABELS as TRAIL_LABELS
from explorer.views import GROUPS, PAGES, PANELS
from explorer.views.controls.call import MASKS
from explorer.views.gallery_pictures import TILES
from explorer.views.pages.gallery import TITLES
from explorer.views.panels.difference import QUESTIONS
from explorer.views.panels.doctor import FOLDED
from explorer.views.panels.numbers import STATISTICS
from explorer.views.panels.over_time import KINDS as TURN_KINDS

ROOT = Path(__file__).parents[2]
CALLS = {"t": 0, "text": 0, "Message": 0, "Problem": 0, "_say": 0, "page": 1, "panel": 1}
"""Calls that take a msgid, and as which argument."""


def msgids() -> set[str]:
    """All msgids of the project."""
    return {text for text in (*_in_code(), *_in_tables(), *_on_cards(), *_in_claims()) if text.strip()}


def _in_code() -> Iterator[str]:
    for package in ("explorer", "layers"):
        for path in (ROOT / package).rglob("*.py"):
            yield from in_source(path.read_text(encoding="utf-8"))
    for path in (ROOT / "explorer" / "arithmetic").glob("*.py"):
        yield from sentences(path.read_text(encoding="utf-8"))


def in_source(source: str) -> Iterator[str]:
    """The msgids of one file: the texts that calls in `CALLS` are given, wherever they stand (in f-strings, too)."""
    for node in ast.walk(ast.parse(source)):
        name = _called(node)
        if isinstance(node, ast.Call) and name in CALLS:
            for argument in node.args[CALLS[name] :][:1]:
                branches = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
                yield from (n.value for n in branches if isinstance(n, ast.Constant) and isinstance(n.value, str))


def _called(node: ast.AST) -> str:
    """The name of what a call calls: `t`, `t` of `scene.t` and `text` of `session.text`."""
    function = node.func if isinstance(node, ast.Call) else None
    if isinstance(function, ast.Attribute):
        return function.attr if function.attr in ("t", "text") else ""
    return function.id if isinstance(function, ast.Name) else ""


def sentences(source: str) -> Iterator[str]:
    """Every sentence of a file that is no docstring: explainers hand headlines on before they become messages."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    told = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, documented)}
    told |= {node.value.value for node in ast.walk(tree) if _is_bare_text(node)}  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and text not in told and re.fullmatch(r"[A-Z{].* .*\.", text):
            yield text


def _is_bare_text(node: ast.AST) -> bool:
    """A text that stands alone, as the description of the constant before it does."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _in_tables() -> Iterator[str]:
    yield from LABELS.values()
    yield from FLOW_LABELS.values()
    yield from EDITOR_LABELS.values()
    yield from TRAIL_LABELS.values()
    yield from NOTEBOOK_LABELS.values()
    yield from ALONE.values()
    yield from TITLES.values()
    yield from (tile.says for tile in TILES)
    yield from (text for source in claims.SOURCES.values() for text in (source.name, source.about))
    yield from MASKS.values()
    yield from claims.VERDICTS.values()
    yield from STATISTICS.values()
    yield from OUTCOME_LABELS.values()
    yield from FOLDED.values()
    yield from QUESTIONS.values()
    yield from FOLDED.values()
    yield from GROUPS.values()
    yield from TURN_KINDS.values()
    for kind in KINDS.values():
        yield kind.title
        yield from (spec.help for spec in kind.fields)
    yield from (spec.help for spec in STEP_FIELDS)
    yield from (start.title for start in starts())
    yield from SUMMARIES.values()
    yield from HELP.values()
    yield from AXES
    yield from (view.title for view in (*PAGES.all().values(), *PANELS.all().values()))


def _on_cards() -> Iterable[str]:
    return [text for card in layers.catalogue().values() for text in card.texts()]


def _in_claims() -> Iterable[str]:
    return [text for claim in claims.claims() for text in claims.texts(claim)]
