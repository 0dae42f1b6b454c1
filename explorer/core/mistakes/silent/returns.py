"""A call, or what it calls, that gives nothing back."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from explorer.core.mistakes.diagnosis import Diagnosis
from explorer.core.mistakes.reading import Method, Reading
from explorer.core.mistakes.rules import silent
from explorer.core.mistakes.syntax import falls_through
from explorer.core.mistakes.why import diagnosis
from explorer.model.fix import Fix
from explorer.model.trace import Message


@silent
def call_without_return(reading: Reading) -> Iterator[Diagnosis]:
    """A call whose end can be reached without a `return`."""
    call = reading.methods.get("call")
    if call is None or _is_stub(call) or not falls_through(call.tree.body):
        return
    last = call.tree.body[-1]
    if isinstance(last, ast.If) and len(last.orelse) == 1 and isinstance(last.orelse[0], ast.If):
        return  # if, elif, ...: perhaps they are all the cases that there are
    yield missing_return(call)


def missing_return(method: Method, node: ast.AST | None = None) -> Diagnosis:
    """The diagnosis of one such method.

    Args:
        method: that returns nothing.
        node: the return that gives None, if there is one that looks like more.
    """
    bare = [n for n in method.nodes if isinstance(n, ast.Return) and n.value is None]
    some = any(isinstance(n, ast.Return) and n.value is not None for n in method.nodes)
    name = {"method": method.name}
    if node is not None:
        cause = Message("{method} returns the result of a function that has none.", name)
    elif some:
        cause = Message("One way through {method} ends without a return.", name)
    else:
        cause = Message("{method} returns nothing.", name)
    last = method.tree.body[-1]
    fixes = [Fix(Message("Return the result at the end of {method}.", name))]
    if isinstance(last, ast.Expr) and not bare and last.lineno == last.end_lineno:
        place = method.place(last)
        fixes = [Fix(fixes[0].what, place.text, f"return {place.text}", place.line)]
    return diagnosis("missing_return", cause, method.place(node or (bare[0] if bare else None)), fixes)


def _is_stub(method: Method) -> bool:
    """Whether the body only says that a subclass must write it."""
    body = [s for s in method.tree.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    return not body or all(isinstance(statement, (ast.Pass, ast.Raise)) for statement in body)
