"""Reads the views' source: which texts that the page shows as Markdown may hold what came from outside."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
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
SHOWN = (
    "label",
    "body",
    "help",
    "text",
    "caption",
    "value_text",
    "placeholder",
    "data",
    "title",
    "captions",
    "value",
    "delta",
    "tabs",
)
"""Their keywords that hold such text."""
MAKES = {"escape", "code", "marked", "cells"}
"""What makes page text of any text."""
CHOICES = {"radio", "pills", "segmented_control"}
"""Those that show each of their options as Markdown, by the words of `format_func` if there is one."""
NUMERIC = ("d", "e", "f", "g", "%", ",")
"""Ends of format specifications that take numbers only."""
NUMBERS = {"len", "round", "sum", "min", "max", "abs", "int", "float"}


Functions = dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]]
"""The functions of a module by their names, which several may share."""


@dataclass(frozen=True)
class Violation:
    """A text that is shown and may hold foreign text."""

    file: str
    line: int
    text: str


def violations(source: str, file: str = "") -> Iterator[Violation]:
    """What a module shows without making page text of it."""
    tree = ast.parse(source)
    found = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    functions = {node.name: [one for one in found if one.name == node.name] for node in found}
    for function in [tree, *found, *(n for n in ast.walk(tree) if isinstance(n, ast.Lambda))]:
        reader = _Reader(function, functions)
        for call in _own(function):
            if isinstance(call, ast.Call) and _streamlit(call):
                for shown in _texts(call):
                    if not reader.shows_sound(shown):
                        yield Violation(file, shown.lineno, ast.unparse(shown)[:120])


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions in it."""
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)


def _streamlit(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in SHOWS and _root(call.func.value) != "self"


def _root(node: ast.AST) -> str:
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _texts(call: ast.Call) -> Iterator[ast.AST]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    words = {word.arg: word.value for word in call.keywords}
    yield from call.args if name in ("metric", "write") else call.args[:1]
    yield from (value for arg, value in words.items() if arg in SHOWN and not (arg == "value" and name != "metric"))
    if name in CHOICES:
        yield from [words["format_func"]] if "format_func" in words else [*call.args[1:2], *_of(words, "options")]


def _of(words: Mapping[str | None, ast.AST], name: str) -> Iterator[ast.AST]:
    yield from [words[name]] if name in words else []


def _constant(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id.strip("_").isupper()


class _Reader:
    """Says whether an expression in a function holds our own words, numbers and made page text only."""

    def __init__(self, function: ast.AST, functions: Functions, seen: frozenset[str] = frozenset()) -> None:
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

    def shows_sound(self, node: ast.AST) -> bool:
        """As `sound`; of a function that gives the text: what it returns."""
        if isinstance(node, ast.Lambda):
            return self.sound(node.body)
        if isinstance(node, ast.Name) and (node.id in MAKES or node.id in self._functions):
            return node.id in MAKES or self._returns(node.id)
        return self.sound(node)

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
        inner = node.value
        return self._of_Subscript(inner) if isinstance(inner, ast.Subscript) else _constant(inner)

    def _of_Name(self, node: ast.Name) -> bool:
        if _constant(node):
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
        return name not in self._seen and self._returns(name)

    def _returns(self, name: str) -> bool:
        """Whether all functions of that name in the module return page text."""
        readers = [(_Reader(one, self._functions, self._seen | {name}), one) for one in self._functions.get(name, ())]
        returned = [
            (reader, node.value)
            for reader, one in readers
            for node in _own(one)
            if isinstance(node, ast.Return) and node.value is not None
        ]
        return bool(returned) and all(reader.sound(value) for reader, value in returned)
