"""A text of Python to be changed: its syntax, its names, and edits of places in it."""

from __future__ import annotations

import ast
import builtins
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from explorer.core.mistakes.syntax import self_attribute
from explorer.core.tracing.source_position import column


@dataclass(frozen=True)
class Edit:
    """A place in the text and what is to stand there: lines from 1, columns from 0 in characters."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


def edited(code: str, edits: Sequence[Edit]) -> str:
    """A text after edits of places in it. No two overlap; of texts put in at one place the first comes first."""
    starts = [0]
    for line in code.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    ordered = sorted(edits, key=lambda e: (e.line, e.column, e.end_line, e.end_column))
    for edit in reversed(ordered):
        start, end = starts[edit.line - 1] + edit.column, starts[edit.end_line - 1] + edit.end_column
        code = code[:start] + edit.text + code[end:]
    return code


class Source:
    """A text.

    Attributes:
        code: the text.
        lines: its lines.
        tree: its syntax; None if it is no Python.
        error: why it is none.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        self.lines = code.split("\n")
        self.tree: ast.Module | None = None
        self.error: SyntaxError | None = None
        try:
            self.tree = ast.parse(code)
        except SyntaxError as error:
            self.error = error
        except (ValueError, OverflowError, RecursionError, MemoryError):
            pass

    @property
    def unread(self) -> Iterator[tuple[int, str]]:
        """The lines of a text that is no Python, each with its number from 1; nothing of a text that is."""
        return iter(()) if self.tree is not None else enumerate(self.lines, 1)

    @functools.cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of its syntax."""
        return tuple(ast.walk(self.tree)) if self.tree else ()

    @functools.cached_property
    def classes(self) -> tuple[ast.ClassDef, ...]:
        """Its classes that have a parent."""
        return tuple(node for node in self.nodes if isinstance(node, ast.ClassDef) and node.bases)

    @functools.cached_property
    def imports(self) -> dict[str, str]:
        """What each imported name stands for: {"K": "keras.backend"}."""
        found: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for name in node.names:
                    found[name.asname or name.name.split(".")[0]] = (
                        name.name if name.asname else name.name.split(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
        return found

    @functools.cached_property
    def bound(self) -> set[str]:
        """Every name that the text defines, wherever."""
        found = set(self.imports)
        for node in self.nodes:
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                found.add(node.id)
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
                found.add(node.name)
            elif isinstance(node, ast.arg):
                found.add(node.arg)
            elif isinstance(node, ast.ExceptHandler) and node.name:
                found.add(node.name)
        return found

    @functools.cached_property
    def unknown(self) -> dict[str, int]:
        """Names that are used and nowhere defined, with the first line of each."""
        found: dict[str, int] = {}
        if any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in self.nodes):
            return found
        for node in self.nodes:
            if (
                isinstance(node, ast.Name)
                and isinstance(node.ctx, ast.Load)
                and node.id not in self.bound
                and not hasattr(builtins, node.id)
            ):
                found[node.id] = min(node.lineno, found.get(node.id, node.lineno))
        return found

    def full_name(self, node: ast.AST) -> str:
        """What a dotted name stands for: "keras.backend.dot" of `K.dot`; "" of anything else."""
        if isinstance(node, ast.Attribute):
            base = self.full_name(node.value)
            return f"{base}.{node.attr}" if base else ""
        return self.imports.get(node.id, node.id) if isinstance(node, ast.Name) else ""

    def methods(self, name: str) -> Iterator[tuple[ast.ClassDef, ast.FunctionDef]]:
        """The methods of that name, each with its class."""
        for owner in self.classes:
            for node in owner.body:
                if isinstance(node, ast.FunctionDef) and node.name == name:
                    yield owner, node

    # -------------------------------------------------------------------------------------------- edits
    def start(self, node: ast.AST) -> tuple[int, int]:
        """Where a node begins."""
        line: int = node.lineno  # type: ignore[attr-defined]
        return line, column(self.lines[line - 1], node.col_offset)  # type: ignore[attr-defined]

    def end(self, node: ast.AST) -> tuple[int, int]:
        """Where it ends."""
        line: int = node.end_lineno  # type: ignore[attr-defined]
        return line, column(self.lines[line - 1], node.end_col_offset)  # type: ignore[attr-defined]

    def text(self, node: ast.AST) -> str:
        """Its text."""
        return ast.get_source_segment(self.code, node) or ""

    def put(self, node: ast.AST, text: str) -> Edit:
        """Another text in its place."""
        return Edit(*self.start(node), *self.end(node), text)

    def keyword_name(self, keyword: ast.keyword, name: str) -> Edit:
        """Another name of a keyword argument."""
        line, at = self.start(keyword)
        return Edit(line, at, line, at + len(keyword.arg or ""), name)

    def before(self, node: ast.AST, text: str) -> Edit:
        """A text in front of it."""
        return Edit(*self.start(node), *self.start(node), text)

    def after(self, node: ast.AST, text: str) -> Edit:
        """A text behind it."""
        return Edit(*self.end(node), *self.end(node), text)

    def dropped(self, call: ast.Call, argument: ast.AST) -> Edit:
        """A call without one of its arguments, the comma with it."""
        listed: list[ast.AST] = sorted([*call.args, *call.keywords], key=self.start)
        place = listed.index(argument)
        if place:
            return Edit(*self.end(listed[place - 1]), *self.end(argument), "")
        if len(listed) > 1:
            return Edit(*self.start(argument), *self.start(listed[1]), "")
        return self.put(argument, "")

    def added(self, call: ast.Call, text: str) -> Edit:
        """A call with one more argument at its end."""
        listed: list[ast.AST] = sorted([*call.args, *call.keywords], key=self.start)
        if listed:
            return self.after(listed[-1], f", {text}")
        line, at = self.end(call)
        return Edit(line, at - 1, line, at - 1, text)

    def line_dropped(self, node: ast.AST) -> tuple[Edit, ...]:
        """The text without a statement; `pass` in its place if it is alone in its block."""
        for parent in self.nodes:
            for body in (getattr(parent, "body", None), getattr(parent, "orelse", None)):
                if isinstance(body, list) and node in body:
                    return (self.put(node, "" if len(body) > 1 else "pass"),)
        return ()

    @property
    def imports_line(self) -> int:
        """The line in front of which an import may stand: that of the first statement that is no docstring."""
        body = self.tree.body if self.tree else []
        for node in body:
            docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
            if not docstring and not future:
                decorators: list[ast.expr] = getattr(node, "decorator_list", [])
                return min([node.lineno, *(decorator.lineno for decorator in decorators)])
        return 1

    # -------------------------------------------------------------------------------------------- constructors
    def keywords_handed_on(self, method: ast.FunctionDef) -> tuple[Edit, ...] | None:
        """A constructor that takes `**kwargs` and hands them to its parent's; None of one that does, or does more.

        Empty if only a reader can say where they belong.
        """
        calls = [node for node in ast.walk(method) if _is_init_of_super(node)]
        if method.args.kwarg is not None or len(calls) != 1 or not isinstance(calls[0], ast.Call):
            return None
        if calls[0].args or calls[0].keywords:
            return None
        edits = tuple(self.parameter_added(method, "**kwargs"))
        return (*edits, self.added(calls[0], "**kwargs")) if edits else ()

    def parent_called(self, method: ast.FunctionDef) -> tuple[Edit, ...]:
        """A constructor that begins with a call of its parent's; no edit of one that calls it."""
        if any(_is_init_of_super(node) for node in ast.walk(method)):
            return ()
        first = method.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(method.body) > 1:
            first = method.body[1]
        given = "**kwargs" if method.args.kwarg is not None else ""
        indentation = " " * first.col_offset if "\t" not in self.lines[first.lineno - 1] else "\t\t"
        return (self.before(first, f"super().__init__({given})\n{indentation}"),)

    def parameter_added(self, method: ast.FunctionDef, text: str) -> Iterator[Edit]:
        """One more parameter at the end of a signature; none where others are listed by a star."""
        given = method.args
        every = [*given.posonlyargs, *given.args, *given.kwonlyargs]
        ends = [self.end(node) for node in (*every, *given.defaults, *filter(None, given.kw_defaults))]
        if ends and given.vararg is None:
            line, at = max(ends)
            yield Edit(line, at, line, at, f", {text}")


def keyword_of(call: ast.Call, *names: str) -> ast.keyword | None:
    """A call's keyword argument of one of these names."""
    return next((keyword for keyword in call.keywords if keyword.arg in names), None)


def constant(node: ast.AST | None) -> object:
    """The value of a literal; None of anything else."""
    return node.value if isinstance(node, ast.Constant) else None


def sets_self(node: ast.AST, name: str) -> bool:
    """Whether a statement is `self.name = ...`."""
    return isinstance(node, ast.Assign) and any(self_attribute(target) == name for target in node.targets)


def _is_init_of_super(node: ast.AST) -> bool:
    """`super().__init__(...)`, and `Layer.__init__(self, ...)`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "__init__"
