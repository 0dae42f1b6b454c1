"""The classes of the healthy layers, typed: they open, and run on the inputs that are found for them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from asking import asked

from explorer.core.own_code import own_classes
from explorer.model.problem import Problem

HOME = Path(__file__).parents[3] / "healthy"
NOT_LAYERS = {"__init__", "case", "corpus", "numbers", "recomputed", "runs"}
FILES = [path for path in sorted(HOME.glob("*.py")) if path.stem not in NOT_LAYERS and "test_" not in path.stem]
TELL_THEIR_READER = {
    "own.GraphAttention": "an adjacency is square: as many columns as there are nodes",
    "own.EdgeConvolution": "edges are a pair of ids each, and nodes are no ids",
    "own.GroupNorm": "as many channels as its groups divide",
}
"""Whose inputs nothing in the code tells: they open, say what is wrong, and run on others."""


def typed(path: Path) -> str:
    """The classes of a file and what they need, without the case that it makes of them."""
    source = path.read_text(encoding="utf-8")
    foreign: set[str] = set()
    kept = []
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith("tests."):
            foreign |= {alias.asname or alias.name for alias in statement.names}
        elif foreign.isdisjoint(node.id for node in ast.walk(statement) if isinstance(node, ast.Name)):
            kept.append(ast.unparse(statement))
        elif isinstance(statement, ast.FunctionDef):
            foreign.add(statement.name)
    return "\n\n".join(kept) + "\n"


def test_there_are_at_least_thirty() -> None:
    assert sum(len(own_classes(typed(path)).cards) for path in FILES) >= 30


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_opens_and_runs(path: Path) -> None:
    code = typed(path)
    found = own_classes(code)
    assert found.cards and not found.closed
    for layer in found.cards:
        if layer in TELL_THEIR_READER:
            with pytest.raises(Problem) as problem:
                asked("run", experiment={"layer": layer, "code": code})
            assert problem.value.place is not None and problem.value.place.file == "your_layer.py"
        else:
            assert asked("run", experiment={"layer": layer, "code": code})[0]["trace"]["layer"]
