"""Rewrite a function so that every sub-expression reports its value, and change nothing else.

The copy keeps the original's globals, defaults and closure cells, so it computes what the original computes; the
class and the module are not touched. A call `f(x)` becomes `tap.call(site, f, x)` and `a + b` becomes
`tap.operate(site, "+", a, b)`, so that the one who listens knows what was computed from what, and may open a frame
of its own for `f`. What is recorded is decided by the listener.
"""

from __future__ import annotations
import __future__

import ast
import inspect
import itertools
import textwrap
import types
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

_TAP = "layer_explorer_tap"
_UNTOUCHED_CALLS = frozenset({"super", "locals", "globals", "vars", "dir", "eval", "exec", "__import__"})
"""These look at the frame that calls them: it must stay the function's own."""
_BINARY = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>",
}  # fmt: skip
_UNARY = {ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "~"}
_COMPARE = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_LEFT_ALONE = (
    *(ast.AsyncFunctionDef, ast.ClassDef),  # what they define is not called here
    ast.arguments,  # defaults of inner functions are no steps
    ast.pattern,  # `case -1` is no expression
    ast.JoinedStr,  # Python 3.11 does not tell where the expressions of a formatted text are
)


class Untappable(Exception):
    """The function cannot be rewritten; the message says why."""


class Listener(Protocol):
    """What the rewritten function tells."""

    def value(self, site: int, value: Any) -> Any:
        """A value was computed, or a name was set. Returns the value to go on with."""

    def call(self, site: int, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Calls a function on the rewritten function's behalf."""

    def operate(self, site: int, operator: str, /, *operands: Any) -> Any:
        """Applies an operator on the rewritten function's behalf."""

    def inner(self, site: int, function: Any) -> Any:
        """A function was defined inside; returns what to use in its place."""

    def inner_at(self, site: int) -> Callable[[Any], Any]:
        """The same, as a decorator."""

    slice: Any
    """The built-in: a function may have a `slice` of its own."""


@dataclass(frozen=True)
class Site:
    """A place in the source that reports: lines from 1, columns from 0 in characters.

    Attributes:
        target: the name it sets, or "".
        given: the source of its operands in order, up to one that is spread with a star.
        named: the source of its keyword arguments, by keyword.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    text: str
    target: str = ""
    given: tuple[str, ...] = ()
    named: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, eq=False)
class Rewritten:
    """A function's rewritten code, good for every listener.

    Attributes:
        code: the code object; its free variable `layer_explorer_tap` is the listener.
        source: the original's source, dedented.
        first_line: the line of its file where the source starts.
        sites: the listener is told an index into these.
    """

    code: types.CodeType
    source: str
    first_line: int
    sites: tuple[Site, ...]

    def bind(self, function: types.FunctionType, listener: Listener) -> types.FunctionType:
        """A copy of the function that tells this listener."""
        names = function.__code__.co_freevars
        cells = dict(zip(names, function.__closure__ or (), strict=True)) | {_TAP: types.CellType(listener)}
        closure = tuple(cells[name] for name in self.code.co_freevars)
        copy = types.FunctionType(self.code, function.__globals__, function.__name__, function.__defaults__, closure)
        copy.__kwdefaults__ = function.__kwdefaults__
        return copy


_CACHE: weakref.WeakKeyDictionary[types.FunctionType, Rewritten | Untappable] = weakref.WeakKeyDictionary()


def rewritten(function: types.FunctionType) -> Rewritten:
    """The function's rewritten code, made once for each function.

    Raises:
        Untappable: if there is no source, or if it is a wrapper or a generator or a coroutine.
    """
    if function not in _CACHE:
        try:
            _CACHE[function] = _rewrite(function)
        except Untappable as error:
            _CACHE[function] = error
    found = _CACHE[function]
    if isinstance(found, Untappable):
        raise found
    return found


def _rewrite(function: types.FunctionType) -> Rewritten:
    source, first_line, definition = _definition(function)
    writer = _Writer(source)
    writer.rewrite(definition)
    _Mangler(function.__qualname__).visit(definition)
    arguments = [ast.arg(name) for name in (_TAP, *function.__code__.co_freevars)]
    factory = ast.FunctionDef(
        name="layer_explorer_factory",
        args=ast.arguments(posonlyargs=[], args=arguments, kwonlyargs=[], kw_defaults=[], defaults=[]),
        body=[definition, ast.Return(ast.Name(definition.name, ast.Load()))],
        decorator_list=[],
    )
    module = ast.fix_missing_locations(ast.Module([factory], type_ignores=[]))
    scope: dict[str, Any] = {}
    future = function.__code__.co_flags & __future__.annotations.compiler_flag
    exec(compile(module, f"<tapped {function.__qualname__}>", "exec", future, dont_inherit=True), scope)
    code = scope["layer_explorer_factory"](*[None] * len(arguments)).__code__
    return Rewritten(code, source, first_line, tuple(writer.sites))


def _definition(function: types.FunctionType) -> tuple[str, int, ast.FunctionDef]:
    if hasattr(function, "__wrapped__"):
        raise Untappable("a wrapper around another function")
    try:
        lines, first_line = inspect.getsourcelines(function)
        source = textwrap.dedent("".join(lines))
        (definition,) = ast.parse(source).body
    except (OSError, TypeError, SyntaxError, ValueError) as error:
        raise Untappable(f"no readable source: {error}") from error
    if not isinstance(definition, ast.FunctionDef):
        raise Untappable("not a plain function")
    definition.decorator_list = []  # they gave back this very function, or its name would not be the definition's
    if definition.name != function.__code__.co_name:
        raise Untappable("its file has changed since it was read")
    if function.__code__.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        raise Untappable("a generator or a coroutine")
    return source, first_line, definition


class _Writer(ast.NodeTransformer):
    """Puts a tap in the place of every call and operator, and one behind every name that is set in another way."""

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
        return node if isinstance(node, _LEFT_ALONE) else super().visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if hasattr(node, "layer_explorer_raw"):
            return self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in _UNTOUCHED_CALLS:
            return node
        site = self._site(node, given=node.args, named=node.keywords)
        function = self.visit(node.func)
        arguments = [self.visit(argument) for argument in node.args]
        keywords = [ast.keyword(keyword.arg, self.visit(keyword.value)) for keyword in node.keywords]
        return self._tap("call", node, site, function, *arguments, keywords=keywords)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        return self._operate(node, _BINARY[type(node.op)], node.left, node.right)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        constant = isinstance(node.operand, ast.Constant)
        if isinstance(node.op, ast.Not) or constant:
            return self.generic_visit(node)
        return self._operate(node, _UNARY[type(node.op)], node.operand)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        if len(node.ops) > 1 or type(node.ops[0]) not in _COMPARE:
            return self.generic_visit(node)
        return self._operate(node, _COMPARE[type(node.ops[0])], node.left, node.comparators[0])

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        if not isinstance(node.ctx, ast.Load):
            return self.generic_visit(node)
        return self._operate(node, "[]", node.value, _as_index(node.slice))

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        site = self._site(node)
        return self._tap("value", node, site, self.generic_visit(node))

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        site = self._site(node)
        node.body = self.visit(node.body)
        return self._tap("inner", node, site, node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.AST:
        node.value.layer_explorer_target = node.target.id  # type: ignore[attr-defined]
        return self.generic_visit(node)

    # -- statements
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if any(isinstance(inside, (ast.Yield, ast.YieldFrom)) for inside in ast.walk(node)):
            return node
        site = self._site(node, node.name)
        node.body = self._block(node.body)
        tap = ast.Attribute(ast.Name(_TAP, ast.Load()), "inner_at", ast.Load())
        node.decorator_list.append(ast.copy_location(ast.Call(tap, [ast.Constant(site)], []), node))
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name) and _is_tapped(node.value):
            node.value.layer_explorer_target = node.targets[0].id  # type: ignore[attr-defined]
            return self.generic_visit(node)
        return [self.generic_visit(node), *self._name_reports(node.targets)]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if node.value is None:
            return node
        if isinstance(node.target, ast.Name) and _is_tapped(node.value):
            node.value.layer_explorer_target = node.target.id  # type: ignore[attr-defined]
            node.value = self.visit(node.value)
            return node
        node.value = self.visit(node.value)
        return [node, *self._name_reports([node.target])]

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        name: ast.expr
        if isinstance(node.target, ast.Name):
            node_with_target: Any = node
            node_with_target.layer_explorer_target = node.target.id
            name = ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target)
        elif isinstance(node.target, ast.Attribute) and isinstance(node.target.value, ast.Name):
            owner = ast.copy_location(ast.Name(node.target.value.id, ast.Load()), node.target.value)
            name = ast.copy_location(ast.Attribute(owner, node.target.attr, ast.Load()), node.target)
        else:  # reading the target twice could do its work twice
            return self.generic_visit(node)
        value = self._operate(node, f"{_BINARY[type(node.op)]}=", name, node.value)
        return ast.copy_location(ast.Assign([node.target], value), node)

    def visit_For(self, node: ast.For) -> Any:
        reports = self._name_reports([node.target])
        self.generic_visit(node)
        node.body = [*reports, *node.body]
        return node

    def _name_reports(self, targets: list[Any]) -> list[ast.stmt]:
        names = [n for t in targets for n in ast.walk(t) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        return [
            ast.copy_location(
                ast.Expr(self._tap("value", name, self._site(name, name.id), ast.Name(name.id, ast.Load()))), name
            )
            for name in names
        ]

    # -- taps and places
    def _operate(self, node: Any, operator: str, *operands: ast.expr) -> ast.expr:
        site = self._site(node, given=operands)
        return self._tap("operate", node, site, ast.Constant(operator), *(self.visit(x) for x in operands))

    def _tap(self, method: str, node: ast.AST, site: int, *arguments: Any, keywords: Any = ()) -> ast.Call:
        tap = ast.Attribute(ast.Name(_TAP, ast.Load()), method, ast.Load())
        return ast.copy_location(ast.Call(tap, [ast.Constant(site), *arguments], list(keywords)), node)

    def _site(self, node: Any, target: str = "", given: Sequence[ast.expr] = (), named: Sequence[Any] = ()) -> int:
        target = target or getattr(node, "layer_explorer_target", "")
        plain = itertools.takewhile(lambda operand: not isinstance(operand, ast.Starred), given)
        operands = tuple(self._source(operand) for operand in plain)
        keywords = tuple((keyword.arg, self._source(keyword.value)) for keyword in named if keyword.arg)
        self.sites.append(Site(*self._span(node), self._source(node), target, operands, keywords))
        return len(self.sites) - 1

    def _span(self, node: Any) -> tuple[int, int, int, int]:
        end_line = node.end_lineno
        start, end = (
            column(self._lines[n - 1], at)
            for n, at in ((node.lineno, node.col_offset), (end_line, node.end_col_offset))
        )
        return node.lineno, start, end_line, end

    def _source(self, node: Any) -> str:
        """What stands there; of an index such as `a:b`, that is no expression, all the same."""
        return text_of(self._lines, *self._span(node)) if hasattr(node, "lineno") else ""


def column(line: str, offset: int) -> int:
    """Python counts columns in bytes; this counts characters."""
    return len(line.encode()[:offset].decode())


def text_of(lines: Sequence[str], line: int, start: int, end_line: int, end: int) -> str:
    """The text between two places: lines from 1, columns in characters."""
    if line == end_line:
        return lines[line - 1][start:end]
    return "\n".join([lines[line - 1][start:], *lines[line : end_line - 1], lines[end_line - 1][:end]])


def _is_tapped(node: ast.expr) -> bool:
    """Whether the expression itself reports, so that the name it is assigned to can be told with it."""
    if isinstance(node, ast.Call):
        return not (isinstance(node.func, ast.Name) and node.func.id in _UNTOUCHED_CALLS)
    if isinstance(node, ast.UnaryOp):
        return not (isinstance(node.op, ast.Not) or isinstance(node.operand, ast.Constant))
    if isinstance(node, ast.Compare):
        return len(node.ops) == 1 and type(node.ops[0]) in _COMPARE
    return isinstance(node, (ast.BinOp, ast.Subscript, ast.IfExp))


def _as_index(node: ast.expr) -> ast.expr:
    """What stands between the brackets, as an argument of a call: `a:b` has a meaning between brackets only."""
    if isinstance(node, ast.Slice):
        tap = ast.Attribute(ast.Name(_TAP, ast.Load()), "slice", ast.Load())
        parts = [part or ast.Constant(None) for part in (node.lower, node.upper, node.step)]
        raw = ast.Call(tap, parts, [])
        raw.layer_explorer_raw = True  # type: ignore[attr-defined]
        return ast.copy_location(raw, node)
    if isinstance(node, ast.Tuple):
        return ast.copy_location(ast.Tuple([_as_index(item) for item in node.elts], ast.Load()), node)
    return node


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
