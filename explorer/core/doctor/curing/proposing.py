"""A cure is a function with `@cure`: it reads an ill layer's source and proposes changes.

It is discovered: any module of `explorer.core.doctor.cures` may hold some. Nothing that one proposes is offered
before it was run.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import keras

from explorer.core.doctor.blame import code_of
from explorer.core.mistakes.syntax import self_attribute
from explorer.core.source_edits import Edit, Source, keyword_of
from explorer.model.report import Finding
from explorer.model.trace import Message
from explorer.registry import Registry

Function: TypeAlias = ast.FunctionDef


@dataclass(frozen=True)
class Change:
    """A change that is proposed.

    Attributes:
        what: in words: an order, "Hand the mask on".
        edits: of the source, no two of which overlap.
    """

    what: Message
    edits: tuple[Edit, ...]


Propose = Callable[["Ill"], Iterator[Change]]
CURES: Registry[tuple[tuple[str, ...], Propose]] = Registry("explorer.core.doctor.cures")


def cure(*checks: str) -> Callable[[Propose], Propose]:
    """Register a function `ill -> changes` for the findings of some checks, without any for those of all.

    What it proposes first is tried first.
    """

    def register(propose: Propose) -> Propose:
        CURES.add(propose.__name__, (checks, propose))
        return propose

    return register


def curable() -> frozenset[str]:
    """The ids of the checks for whose findings some cure is known."""
    return frozenset(check for checks, _ in CURES.all().values() for check in checks)


def is_curable(finding: Finding) -> bool:
    """Whether a change of the source might cure a finding: one is known, or the finding itself proposes one."""
    proposes = finding.fix is not None and bool(finding.fix.before)
    return finding.outcome in ("failed", "advice") and (finding.check in curable() or proposes)


def proposed(ill: Ill) -> Iterator[Change]:
    """Every change that is proposed for a finding, each once, with the imports that it needs.

    A cure that raises an exception proposes nothing more; the others do.
    """
    known: list[tuple[Edit, ...]] = []
    for checks, propose in CURES.all().values():
        for change in _changes(propose, ill) if not checks or ill.finding.check in checks else ():
            edits = (*change.edits, *_imports(ill.source, change.edits))
            if change.edits and edits not in known:
                known.append(edits)
                yield Change(change.what, edits)


def _changes(propose: Propose, ill: Ill) -> Iterator[Change]:
    with contextlib.suppress(Exception):
        yield from propose(ill)


def _facts(message: Message) -> Iterator[tuple[str, str]]:
    for name, value in message.params.items():
        if isinstance(value, Message):
            yield from _facts(value)
        else:
            yield name, str(value)


def _imports(source: Source, edits: Sequence[Edit]) -> Iterator[Edit]:
    written = " ".join(edit.text for edit in edits)
    if source.imports.get("keras") != "keras" and re.search(r"(?<![\w.])keras\.", written):
        yield Edit(source.imports_line, 0, source.imports_line, 0, "import keras\n")


class Ill:
    """A layer's source, and what a check found wrong with it.

    Args:
        source: the whole text in which its class stands.
        known: the class.
        finding: what is to be cured.

    Attributes:
        source, known, finding: as given.
        classes: the class and its parents, as far as they stand in the text, nearest first.
        methods: by name; of a name that several classes define, the one that counts.
        line: to blame; 0 if it stands nowhere, or in another file.
    """

    def __init__(self, source: Source, known: type, finding: Finding) -> None:
        self.source, self.known, self.finding = source, known, finding
        found = {node.name: node for node in source.nodes if isinstance(node, ast.ClassDef)}
        names = [base.__name__ for base in known.__mro__ if base.__module__ == known.__module__]
        self.classes = [found[name] for name in names if name in found]
        self.methods: dict[str, Function] = {}
        for owner in self.classes:
            for node in owner.body:
                if isinstance(node, ast.FunctionDef):
                    self.methods.setdefault(node.name, node)
        code, place = code_of(known), finding.place
        self.line = place.line if place is not None and code is not None and place.file == code.file else 0

    # -- reading
    @functools.cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the classes, those of the blamed line first."""
        every = [node for owner in self.classes for node in ast.walk(owner)]
        return sorted(every, key=lambda node: not self.is_blamed(node))

    @functools.cached_property
    def facts(self) -> dict[str, str]:
        """What the finding's message is filled in with, by name; of messages inside it, too."""
        return dict(_facts(self.finding.seen))

    def is_blamed(self, node: ast.AST) -> bool:
        """Whether a node stands on the line to blame."""
        first = getattr(node, "lineno", 0)
        return first <= self.line <= (getattr(node, "end_lineno", 0) or first) and not isinstance(node, _COMPOUND)

    def calls(self, *names: str, within: str = "") -> Iterator[ast.Call]:
        """The calls of functions of these names, whatever module they are taken from.

        Args:
            names: without their module: "sqrt".
            within: a method, in which there is none if no class in the text defines it; the whole class if "".
        """
        inside = self._inside(within) if within else set(map(id, self.nodes))
        for node in self.nodes:
            if isinstance(node, ast.Call) and id(node) in inside and called(node) in names:
                yield node

    def calls_of_parts(self) -> Iterator[ast.Call]:
        """The calls of layers that it holds, `self.dense(x)`, within `call`; those on the blamed line first."""
        inside = self._inside("call")
        for node in self.nodes:
            name = self_attribute(getattr(node, "func", None))
            own = name in self.methods or hasattr(keras.layers.Layer, name)
            if isinstance(node, ast.Call) and id(node) in inside and name and not own:
                yield node

    def _inside(self, method: str) -> set[int]:
        """The identities of the nodes of a method."""
        return {id(node) for node in ast.walk(self.methods[method])} if method in self.methods else set()

    def text(self, node: ast.AST) -> str:
        """The text of a node."""
        return self.source.text(node)

    def bracketed(self, node: ast.AST) -> str:
        """The text of an operand, in brackets where it is more than one."""
        simple = (ast.Name, ast.Call, ast.Attribute, ast.Constant, ast.Subscript)
        return self.text(node) if isinstance(node, simple) else f"({self.text(node)})"

    def statement_of(self, node: ast.AST) -> ast.stmt | None:
        """The innermost statement that holds a node."""
        holding = [s for s in self.nodes if isinstance(s, ast.stmt) and any(n is node for n in ast.walk(s))]
        return max(holding, key=lambda s: (s.lineno, s.col_offset), default=None)

    def ops(self, name: str) -> str:
        """How the text calls a function of keras.ops."""
        alias = next((own for own, full in self.source.imports.items() if full == "keras.ops"), "keras.ops")
        return f"{alias}.{name}"

    def first_argument(self, method: str = "call") -> str:
        """The name of what a method is given first."""
        arguments = [*self.methods[method].args.posonlyargs, *self.methods[method].args.args]
        return arguments[1].arg if len(arguments) > 1 else ""

    def first_statement(self, method: str) -> ast.stmt:
        """The first statement of a method, behind its docstring."""
        body = self.methods[method].body
        docstring = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
        return body[1 if docstring and len(body) > 1 else 0]

    # -- edits
    def lines_before(self, statement: ast.stmt, lines: Sequence[str]) -> Edit:
        """Statements in front of another one, on lines of their own where that one begins its line."""
        line, at = self.source.start(statement)
        head = self.source.lines[line - 1][:at]
        if not head.strip():
            return self.source.before(statement, "".join(f"{text}\n{head}" for text in lines))
        if head.rstrip().endswith(":"):
            space = " " * (len(head) - len(head.lstrip()) + 4)
            kept = len(head.rstrip())
            text = "".join(f"\n{space}{text}" for text in lines) + f"\n{space}"
            return Edit(line, kept, line, at, text)
        return self.source.before(statement, "".join(f"{text}; " for text in lines))

    def lines_after(self, statement: ast.stmt, lines: Sequence[str]) -> Edit:
        """Statements behind another one, on lines of their own where that one has a line to itself."""
        (first, at), (last, end) = self.source.start(statement), self.source.end(statement)
        head, tail = self.source.lines[first - 1][:at], self.source.lines[last - 1][end:]
        if head.strip() or (tail.strip() and not tail.lstrip().startswith("#")):
            return self.source.after(statement, "".join(f"; {text}" for text in lines))
        column = end + len(tail)
        return Edit(last, column, last, column, "".join(f"\n{head}{text}" for text in lines))

    def otherwise(self, node: ast.expr, test: str, lines: Sequence[str], text: str) -> Iterator[Edit]:
        """Another expression in the place of a node, and statements before it, where a test holds.

        A statement of one line becomes a branch of its own; of another one the expression has the test in it.
        """
        statement = self.statement_of(node)
        if not isinstance(statement, (ast.Return, ast.Assign)):
            return
        line, at = self.source.start(statement)
        whole, end = self.source.lines[line - 1], self.source.end(statement)
        space = whole[:at]
        if space.strip() or end[0] != line or whole[end[1] :].strip():
            brackets = "{}" if statement.value is node else "({})"
            if lines:
                name, _, value = lines[0].partition(" = ")
                yield self.lines_before(statement, [f"{name} = {value} if {test} else None"])
            yield self.source.put(node, brackets.format(f"{text} if {test} else {self.text(node)}"))
            return
        simple = isinstance(ast.parse(text, mode="eval").body, ast.Call)
        start = self.source.start(node)[1] - at
        old = self.text(statement)
        mended = (
            old[:start]
            + (text if simple or statement.value is node else f"({text})")
            + old[start + len(self.text(node)) :]
        )
        branch = "".join(f"{one}\n{space}    " for one in lines) + mended
        if isinstance(statement, ast.Return):
            yield self.source.before(statement, f"if {test}:\n{space}    {branch}\n{space}")
        else:
            yield self.source.put(statement, f"if {test}:\n{space}    {branch}\n{space}else:\n{space}    {old}")

    def method_added(self, lines: Sequence[str]) -> Iterator[Edit]:
        """A method at the end of the class, if the class has lines of its own."""
        last = self.classes[0].body[-1]
        line, at = self.source.start(self.classes[0].body[0])
        space = self.source.lines[line - 1][:at]
        if not space.strip():
            end = last.end_lineno or 0
            column = len(self.source.lines[end - 1])
            yield Edit(end, column, end, column, "\n" + "".join(f"\n{space}{text}" for text in lines))

    def method_removed(self, method: Function) -> Edit:
        """The class without one of its methods."""
        body = next(owner.body for owner in self.classes if method in owner.body)
        place, lines = body.index(method), self.source.lines
        if len(body) == 1:
            return self.source.put(method, "pass")
        if place:
            start, end = body[place - 1].end_lineno or 0, method.end_lineno or 0
            return Edit(start, len(lines[start - 1]), end, len(lines[end - 1]), "")
        first, following = (min([n.lineno, *(d.lineno for d in getattr(n, "decorator_list", []))]) for n in body[:2])
        return Edit(first, 0, following, 0, "")

    def in_constructor(self, lines: Sequence[str]) -> Iterator[Edit]:
        """Statements behind the constructor's `super().__init__(...)`; a constructor, if the class has none."""
        constructor = next((n for n in self.classes[0].body if getattr(n, "name", "") == "__init__"), None)
        if constructor is None:
            head = ["def __init__(self, **kwargs):", "    super().__init__(**kwargs)"]
            yield from self.method_added([*head, *(f"    {line}" for line in lines)])
            return
        for node in ast.walk(constructor):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and called(node.value) == "__init__":
                yield self.lines_after(node, lines)
                return

    def argument_set(self, call: ast.Call, name: str, text: str, position: int | None = None) -> Edit:
        """A call with another value of one argument, that is given by its name or in its place."""
        keyword = keyword_of(call, name)
        if keyword is not None:
            return self.source.put(keyword.value, text)
        if position is not None and len(call.args) > position:
            return self.source.put(call.args[position], text)
        return self.source.added(call, f"{name}={text}")


_COMPOUND = (ast.ClassDef, ast.FunctionDef, ast.If, ast.For, ast.While, ast.With, ast.Try)


def called(node: Any) -> str:
    """The name of the function that a call names, without its module; "" of anything else."""
    function = getattr(node, "func", None)
    return str(getattr(function, "attr", getattr(function, "id", "")))
