"""Rewrite a function so that every sub-expression reports its value, and change nothing else.

The copy keeps the original's globals, defaults and closure cells, so it computes what the original computes; the
class and the module are not touched. What is recorded is decided by the caller, who passes `report`.
"""

from __future__ import annotations
import __future__

import ast
import inspect
import textwrap
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_TAP = "layer_explorer_tap"
_TAPPED = (ast.Call, ast.BinOp, ast.UnaryOp, ast.Subscript, ast.Compare, ast.IfExp)
_LEFT_ALONE = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),  # an inner scope has a frame of its own
    ast.pattern,  # `case -1` is no expression
    ast.JoinedStr,  # Python 3.11 does not tell where the expressions of a formatted text are
)


class Untappable(Exception):
    """The function cannot be rewritten; the message says why."""


@dataclass(frozen=True)
class Site:
    """A place in the source that reports: lines from 1, columns from 0 in characters; `target` is the name it sets."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str
    target: str = ""


@dataclass(frozen=True)
class Tapped:
    """The rewritten function and the places that report.

    Attributes:
        function: call it like the original.
        source: the original's source, dedented.
        first_line: the line of its file where the source starts.
        sites: `report` is called with an index into these.
    """

    function: types.FunctionType
    source: str
    first_line: int
    sites: tuple[Site, ...]


def tap(function: types.FunctionType, report: Callable[[int, Any], None]) -> Tapped:
    """A copy of a function that calls `report(site, value)` after each sub-expression.

    Raises:
        Untappable: if there is no source, or if it is decorated or a generator or a coroutine.
    """
    source, first_line, definition = _definition(function)
    writer = _Writer(source)
    writer.rewrite(definition)
    _Mangler(function.__qualname__).visit(definition)
    names = list(function.__code__.co_freevars)
    factory = ast.FunctionDef(
        name="layer_explorer_factory",
        args=ast.arguments(posonlyargs=[], args=[ast.arg(n) for n in [_TAP, *names]], kwonlyargs=[], kw_defaults=[],
                           defaults=[]),
        body=[definition, ast.Return(ast.Name(definition.name, ast.Load()))],
        decorator_list=[],
    )  # fmt: skip
    module = ast.fix_missing_locations(ast.Module([factory], type_ignores=[]))
    scope: dict[str, Any] = {}
    filename = f"<tapped {function.__qualname__}>"
    future = function.__code__.co_flags & __future__.annotations.compiler_flag
    exec(compile(module, filename, "exec", future, dont_inherit=True), scope)
    code = scope["layer_explorer_factory"](*[None] * (len(names) + 1)).__code__

    def record(site: int, value: Any) -> Any:
        report(site, value)
        return value

    cells = dict(zip(names, function.__closure__ or (), strict=True)) | {_TAP: types.CellType(record)}
    copy = types.FunctionType(
        code, function.__globals__, function.__name__, function.__defaults__, tuple(cells[n] for n in code.co_freevars)
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    return Tapped(copy, source, first_line, tuple(writer.sites))


def _definition(function: types.FunctionType) -> tuple[str, int, ast.FunctionDef]:
    if hasattr(function, "__wrapped__"):
        raise Untappable("a wrapper around another function")
    try:
        lines, first_line = inspect.getsourcelines(function)
        source = textwrap.dedent("".join(lines))
        (definition,) = ast.parse(source).body
    except (OSError, TypeError, SyntaxError, ValueError) as error:
        raise Untappable(f"no readable source: {error}") from error
    if not isinstance(definition, ast.FunctionDef) or definition.decorator_list:
        raise Untappable("not a plain function")
    if definition.name != function.__code__.co_name:
        raise Untappable("its file has changed since it was read")
    if function.__code__.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        raise Untappable("a generator or a coroutine")
    return source, first_line, definition


class _Writer(ast.NodeTransformer):
    """Puts a tap around every sub-expression, and one behind every assignment that a tap cannot wrap."""

    def __init__(self, source: str) -> None:
        self.sites: list[Site] = []
        self._lines = source.split("\n")  # Python counts these only; `splitlines` knows more

    def rewrite(self, definition: ast.FunctionDef) -> None:
        definition.body = self._block(definition.body)
        definition.returns = None
        for argument in ast.walk(definition.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        definition.args.defaults = [ast.Constant(None) for _ in definition.args.defaults]
        definition.args.kw_defaults = [d and ast.Constant(None) for d in definition.args.kw_defaults]

    def _block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        written: list[ast.stmt] = []
        for statement in statements:
            result = self.visit(statement)
            written += result if isinstance(result, list) else [result]
        return written

    # -- expressions
    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, _LEFT_ALONE) or _is_super(node):
            return node
        if not isinstance(node, _TAPPED) or isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)):
            return super().visit(node)
        site = self._site(node, getattr(node, "layer_explorer_target", ""))
        return self._report(site, super().visit(node), node)

    # -- statements
    def visit_Assign(self, node: ast.Assign) -> Any:
        if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            if isinstance(node.value, _TAPPED):
                node.value.layer_explorer_target = node.targets[0].id  # type: ignore[union-attr]
                return self.generic_visit(node)
            return [self.generic_visit(node), self._name_report(node.targets[0])]
        names = [
            n for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        ]
        return [self.generic_visit(node), *(self._name_report(name) for name in names)]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if node.value is None or not isinstance(node.target, ast.Name):
            return self.generic_visit(node)
        return [self.generic_visit(node), self._name_report(node.target)]

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        if not isinstance(node.target, ast.Name):
            return self.generic_visit(node)
        return [self.generic_visit(node), self._name_report(node.target)]

    def _name_report(self, name: ast.Name) -> ast.stmt:
        site = self._site(name, name.id)
        return ast.Expr(self._report(site, ast.Name(name.id, ast.Load()), name))

    # -- places
    def _site(self, node: Any, target: str) -> int:
        def column(line: int, offset: int) -> int:
            return len(self._lines[line - 1].encode()[:offset].decode())

        start = (node.lineno, column(node.lineno, node.col_offset))
        end = (node.end_lineno, column(node.end_lineno, node.end_col_offset))
        text = self._text(start, end)
        self.sites.append(Site(*start, *end, text, target))
        return len(self.sites) - 1

    def _text(self, start: tuple[int, int], end: tuple[int, int]) -> str:
        if start[0] == end[0]:
            return self._lines[start[0] - 1][start[1] : end[1]]
        first, last = self._lines[start[0] - 1][start[1] :], self._lines[end[0] - 1][: end[1]]
        return "\n".join([first, *self._lines[start[0] : end[0] - 1], last])

    def _report(self, site: int, value: Any, node: ast.AST) -> ast.Call:
        call = ast.Call(ast.Name(_TAP, ast.Load()), [ast.Constant(site), value], [])
        return ast.copy_location(call, node)


class _Mangler(ast.NodeVisitor):
    """Private names are mangled by the class body, which the copy has left: this mangles them in its place."""

    _NAMED = ("attr", "id", "arg", "name", "asname", "rest")

    def __init__(self, qualified_name: str) -> None:
        parts = qualified_name.split(".")
        self._owner = parts[-2].lstrip("_") if len(parts) > 1 and parts[-2] != "<locals>" else ""

    def generic_visit(self, node: ast.AST) -> None:
        """Mangle the names of one node, then those within it. An inner class mangles its own."""
        for field, value in ast.iter_fields(node) if self._owner else ():
            if field in self._NAMED and isinstance(value, str):
                setattr(node, field, self._mangled(value))
            elif isinstance(node, (ast.Global, ast.Nonlocal)) and field == "names":
                node.names = [self._mangled(name) for name in value]
        if not isinstance(node, ast.ClassDef):
            super().generic_visit(node)

    def _mangled(self, name: str) -> str:
        private = name.startswith("__") and not name.endswith("__") and "." not in name
        return f"_{self._owner}{name}" if private else name


def _is_super(node: ast.AST) -> bool:
    """`super()` reads the compiler's own cell: it must stay a bare call."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
