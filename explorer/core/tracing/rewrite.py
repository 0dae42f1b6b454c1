"""Put taps into a function's syntax tree: a call `f(x)` becomes `tap.call(site, f, x)`, and so on."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Sequence
from typing import Any

from explorer.core.tracing.source_position import Site, column, text_of

TAP = "layer_explorer_tap"
"""The name by which the rewritten code knows its listener."""
_UNTOUCHED_CALLS = frozenset({"super", "locals", "globals", "vars", "dir", "eval", "exec", "__import__"})
"""These look at the frame that calls them: it must stay the function's own."""
_ASK_FOR_NAMES = frozenset({"locals", "vars", "dir"})
"""And these, without an argument, give the names in that frame."""
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


def put_taps(tree: ast.FunctionDef, source: str) -> tuple[Site, ...]:
    """Rewrite a definition's body. Returns the places that report, by the number that they report."""
    writer = _Writer(source)
    writer.rewrite(tree)
    return tuple(writer.sites)


class _Writer(ast.NodeTransformer):
    """Puts a tap in the place of every call and operator, and one behind every name that is set in another way."""

    def __init__(self, source: str) -> None:
        self.sites: list[Site] = []
        self._lines = source.split("\n")  # Python counts these only; `splitlines` knows more

    def rewrite(self, definition: ast.FunctionDef) -> None:
        """Rewrite a function's body."""
        definition.body = self._block(definition.body)

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
            return self._without_tap(node) if node.func.id in _ASK_FOR_NAMES and not node.args else node
        site = self._site(node, given=node.args, named=node.keywords)
        function = self.visit(node.func)
        arguments = [self.visit(argument) for argument in node.args]
        keywords = [ast.keyword(keyword.arg, self.visit(keyword.value)) for keyword in node.keywords]
        return self._tap("call", node, site, function, *arguments, keywords=keywords)

    def _without_tap(self, node: ast.Call) -> ast.AST:
        tap = ast.Attribute(ast.Name(TAP, ast.Load()), "own_names", ast.Load())
        return ast.copy_location(ast.Call(tap, [node], []), node)

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
        tap = ast.Attribute(ast.Name(TAP, ast.Load()), "inner_at", ast.Load())
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
        tap = ast.Attribute(ast.Name(TAP, ast.Load()), method, ast.Load())
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
        tap = ast.Attribute(ast.Name(TAP, ast.Load()), "slice", ast.Load())
        parts = [part or ast.Constant(None) for part in (node.lower, node.upper, node.step)]
        raw = ast.Call(tap, parts, [])
        raw.layer_explorer_raw = True  # type: ignore[attr-defined]
        return ast.copy_location(raw, node)
    if isinstance(node, ast.Tuple):
        return ast.copy_location(ast.Tuple([_as_index(item) for item in node.elts], ast.Load()), node)
    return node
