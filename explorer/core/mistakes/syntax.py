"""Small questions to Python's syntax trees."""

from __future__ import annotations

import ast


def self_attribute(node: ast.AST | None) -> str:
    """The name of an attribute of `self`; "" if the node is something else."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        return node.attr
    return ""


def targets(node: ast.AST) -> list[ast.AST]:
    """What a statement assigns to, tuples taken apart."""
    found: list[ast.AST] = []
    if isinstance(node, ast.Assign):
        found = list(node.targets)
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        found = [node.target] if getattr(node, "value", None) is not None else []
    return [t for target in found for t in (target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target])]


def falls_through(statements: list[ast.stmt]) -> bool:
    """Whether the end of these statements can be reached without a `return` of a value."""
    for statement in statements:
        if isinstance(statement, ast.Return):
            return statement.value is None
        if isinstance(statement, ast.Raise):
            return False
        if isinstance(statement, ast.If) and statement.orelse:
            if not falls_through(statement.body) and not falls_through(statement.orelse):
                return False
        elif isinstance(statement, ast.With) and not falls_through(statement.body):
            return False
        elif isinstance(statement, ast.Try):
            ways = [[*statement.body, *statement.orelse], *(handler.body for handler in statement.handlers)]
            if not all(falls_through(way) for way in ways) or not falls_through(statement.finalbody or [ast.Pass()]):
                return False
        elif isinstance(statement, ast.Match):
            last = statement.cases[-1]
            catches_all = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None and not last.guard
            if catches_all and not any(falls_through(case.body) for case in statement.cases):
                return False
        elif isinstance(statement, ast.While) and isinstance(statement.test, ast.Constant) and statement.test.value:
            return False
    return True
