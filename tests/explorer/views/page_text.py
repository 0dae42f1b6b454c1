"""Reads the views' source: which texts that the page shows as Markdown may hold what came from outside."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

SHOWS = {
    "markdown", "caption", "write", "error", "info", "warning", "success", "toast", "metric", "title", "header",
    "subheader",
    "button", "checkbox", "toggle", "selectbox", "multiselect", "radio", "pills", "segmented_control", "expander",
    "tabs",
    "popover", "link_button", "download_button", "number_input", "text_input", "text_area", "file_uploader", "table",
    "badge",
    "page_link", "slider", "select_slider", "status", "spinner", "progress", "dialog", "chat_message",
    "form_submit_button",
    "latex", "dataframe", "html", "menu_button",
}  # fmt: skip
"""Calls of Streamlit that show text as Markdown, or as more."""
SHOWN = ("label", "body", "help", "text", "caption", "value_text", "placeholder", "data", "title", "captions")
"""Their keywords that hold such text."""
MAKES = {"escape", "code", "marked", "cells"}
"""What makes page text of any text."""
NUMERIC = ("d", "e", "f", "g", "%", ",")
"""Ends of format specifications that take numbers only."""
NUMBERS = {"len", "round", "sum", "min", "max", "abs", "int", "float"}


@dataclass(frozen=True)
class Violation:
    """A text that is shown and may hold foreign text."""

    file: str
    line: int
    text: str


def violations(source: str, file: str = "") -> Iterator[Violation]:
    """What a module shows without making page text of it."""
    tree = ast.parse(source)
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for function in [*functions.values(), *(n for n in ast.walk(tree) if isinstance(n, ast.Lambda))]:
        reader = _Reader(function, functions)
        for call in _own(function):
            if isinstance(call, ast.Call) and _streamlit(call):
                for shown in _texts(call):
                    if not reader.sound(shown):
                        yield Violation(file, shown.lineno, ast.unparse(shown)[:120])


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions in it."""
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)


def _streamlit(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in SHOWS and _root(call.func.value) != "self"


def _root(node: ast.AST) -> str:
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _texts(call: ast.Call) -> Iterator[ast.AST]:
    yield from call.args[:1]
    yield from (word.value for word in call.keywords if word.arg in SHOWN)


class _Reader:
    """Says whether an expression in a function holds our own words, numbers and made page text only."""

    def __init__(
        self, function: ast.AST, functions: dict[str, ast.FunctionDef], seen: frozenset[str] = frozenset()
    ) -> None:
        self._functions = functions
        self._seen = seen
        self._given: dict[str, list[ast.AST]] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self._assign(target, node.value)
            elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)) and node.value is not None:
                self._assign(node.target, node.value)
            elif isinstance(node, (ast.For, ast.comprehension)):
                self._assign(node.target, node.iter, loop=True)

    def _assign(self, target: ast.AST, value: ast.AST, loop: bool = False) -> None:
        if isinstance(target, ast.Name):
            self._given.setdefault(target.id, []).append(value)
        elif isinstance(target, ast.Tuple):
            values = value.elts if isinstance(value, ast.Tuple) and not loop else [value] * len(target.elts)
            for one, its in zip(target.elts, values, strict=False):
                self._assign(one, its)

    def sound(self, node: ast.AST) -> bool:
        method = getattr(self, f"_of_{type(node).__name__}", None)
        return bool(method(node)) if method else False

    def _of_Constant(self, node: ast.Constant) -> bool:
        return True

    def _of_JoinedStr(self, node: ast.JoinedStr) -> bool:
        return all(self.sound(part) for part in node.values)

    def _of_FormattedValue(self, node: ast.FormattedValue) -> bool:
        spec = ast.unparse(node.format_spec)[2:-1] if node.format_spec else ""
        return spec.endswith(NUMERIC) or self.sound(node.value)

    def _of_BinOp(self, node: ast.BinOp) -> bool:
        return self.sound(node.left) and self.sound(node.right)

    def _of_IfExp(self, node: ast.IfExp) -> bool:
        return self.sound(node.body) and self.sound(node.orelse)

    def _of_BoolOp(self, node: ast.BoolOp) -> bool:
        return all(map(self.sound, node.values))

    def _of_Compare(self, node: ast.Compare) -> bool:
        return True

    def _of_List(self, node: ast.List) -> bool:
        return all(map(self.sound, node.elts))

    _of_Tuple = _of_List

    def _of_Starred(self, node: ast.Starred) -> bool:
        return self.sound(node.value)

    def _of_Dict(self, node: ast.Dict) -> bool:
        return all(key is not None and self.sound(key) for key in node.keys) and all(map(self.sound, node.values))

    def _of_ListComp(self, node: ast.ListComp) -> bool:
        return self.sound(node.elt)

    _of_GeneratorExp = _of_ListComp

    def _of_DictComp(self, node: ast.DictComp) -> bool:
        return self.sound(node.key) and self.sound(node.value)

    def _of_Subscript(self, node: ast.Subscript) -> bool:
        return isinstance(node.value, ast.Name) and node.value.id.strip("_").isupper()

    def _of_Name(self, node: ast.Name) -> bool:
        if node.id.strip("_").isupper():
            return True
        if node.id in self._seen or node.id not in self._given:
            return node.id in self._seen
        inner = self._seen
        self._seen = inner | {node.id}
        found = all(map(self.sound, self._given[node.id]))
        self._seen = inner
        return found

    def _of_Call(self, node: ast.Call) -> bool:
        name = (
            node.func.id
            if isinstance(node.func, ast.Name)
            else node.func.attr
            if isinstance(node.func, ast.Attribute)
            else ""
        )
        words = [word.value for word in node.keywords]
        if name in MAKES | NUMBERS:
            return True
        if name in ("t", "text", "_"):  # our own words; what fills their braces must be page text
            return all(map(self.sound, words))
        if name == "join" and isinstance(node.func, ast.Attribute):
            return self.sound(node.func.value) and all(map(self.sound, node.args))
        if name in self._functions and name not in self._seen:
            function = self._functions[name]
            reader = _Reader(function, self._functions, self._seen | {name})
            returned = [n.value for n in _own(function) if isinstance(n, ast.Return) and n.value is not None]
            return bool(returned) and all(map(reader.sound, returned))
        return False
