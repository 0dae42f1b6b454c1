"""The source of a layer's class, read: its methods, who calls whom, and what a name in it stands for."""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import linecache
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras

from explorer.core.mistakes.syntax import self_attribute, targets
from explorer.model.fix import SourceLine

_ABSENT = object()


@dataclass(frozen=True, eq=False)
class Method:
    """One method of a class, with its source; line numbers in the tree are those of the file.

    Attributes:
        owner: the class that defines it.
        name: under which the class holds it.
        function: itself.
        tree: of its source.
        file: as Python names it.
        source: the text of that file, where Python cannot find it.
    """

    owner: type
    name: str
    function: types.FunctionType
    tree: ast.FunctionDef
    file: str
    source: str | None = None

    @functools.cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of its source."""
        return tuple(ast.walk(self.tree))

    @functools.cached_property
    def parameters(self) -> list[ast.arg]:
        """All that it takes by name, `self` first."""
        return [*self.tree.args.posonlyargs, *self.tree.args.args, *self.tree.args.kwonlyargs]

    def place(self, node: ast.AST | None = None) -> SourceLine:
        """The line where a node of the method begins; its `def` if there is none."""
        line: int = getattr(node, "lineno", self.tree.lineno)
        return SourceLine(self.file, line, self._line(line))

    def resolve(self, node: ast.AST) -> Any:
        """The object that a name, or a dotted name, stands for outside the method; None if it is not known."""
        if isinstance(node, ast.Attribute):
            base = self.resolve(node.value)
            try:
                return None if base is None else getattr(base, node.attr, None)
            except Exception:
                return None
        if not isinstance(node, ast.Name):
            return None
        found = self._imported.get(node.id, _ABSENT)
        if found is _ABSENT and node.id in self._local:
            return None
        if found is _ABSENT:
            cells = dict(zip(self.function.__code__.co_freevars, self.function.__closure__ or (), strict=True))
            found = _content(cells[node.id]) if node.id in cells else _ABSENT
        if found is _ABSENT:
            found = self.function.__globals__.get(node.id, getattr(builtins, node.id, None))
        return found

    def _line(self, line: int) -> str:
        lines = linecache.getlines(self.file) or (self.source or "").splitlines()
        return lines[line - 1].strip() if 0 < line <= len(lines) else ""

    @functools.cached_property
    def _local(self) -> set[str]:
        stored = {n.id for n in self.nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
        return stored | {argument.arg for argument in self.parameters}

    @functools.cached_property
    def _imported(self) -> dict[str, Any]:
        found = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for name in node.names:
                    found[name.asname or name.name.split(".")[0]] = sys.modules.get(
                        name.name if name.asname else name.name.split(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom) and node.module:
                for name in node.names:
                    found[name.asname or name.name] = getattr(sys.modules.get(node.module), name.name, None)
        return found


def is_keras(thing: Any) -> bool:
    """Whether a class comes with Keras (or TensorFlow, or Python), and is not a person's."""
    return str(getattr(thing, "__module__", "")).split(".")[0] in ("keras", "tensorflow", "builtins", "abc")


def class_of(layer: Any) -> type | None:
    """The class of a layer that is given as itself or as its class; None if it is neither."""
    if isinstance(layer, type):
        return layer if issubclass(layer, keras.layers.Layer) else None
    return type(layer) if isinstance(layer, keras.layers.Layer) else None


@dataclass(frozen=True, eq=False)
class Reading:
    """A class and the methods that it does not have from Keras's `Layer`, nearest first.

    Attributes:
        layer_class: the class.
        methods: by name; of a name that several classes define, the one that counts.
        overridden: by name, all that the classes define, nearest first.
        layer: one of the class, if there is one.
    """

    layer_class: type
    methods: dict[str, Method]
    overridden: dict[str, list[Method]]
    layer: Any = None

    def reachable(self, *starts: str) -> list[Method]:
        """Those methods, and all that they call through `self` or `super()`."""
        if starts not in self._reachable:
            self._reachable[starts] = self._reach(starts)
        return self._reachable[starts]

    @functools.cached_property
    def _reachable(self) -> dict[tuple[str, ...], list[Method]]:
        return {}

    def _reach(self, starts: tuple[str, ...]) -> list[Method]:
        found: dict[str, Method] = {}
        waiting = [name for name in starts if name in self.methods]
        while waiting:
            name = waiting.pop(0)
            if name in found:
                continue
            found[name] = self.methods[name]
            waiting += [n for n in called_on_self(self.methods[name]) if n in self.methods and n not in found]
        return list(found.values())

    def assignments(self, *starts: str) -> Iterator[tuple[Method, str, ast.AST]]:
        """Every `self.name = value` in those methods and what they call, as method, name and statement."""
        for method in self.reachable(*starts):
            for node in method.nodes:
                for target in targets(node):
                    name = self_attribute(target)
                    if name:
                        yield method, name, node


def read(layer_class: type, source: str | None = None, layer: Any = None) -> Reading:
    """Read a class. Methods without source are left out.

    Args:
        layer_class: a subclass of Keras's `Layer`.
        source: the text of its file, where Python cannot find it.
        layer: one of the class, whose arguments then count.
    """
    methods: dict[str, Method] = {}
    overridden: dict[str, list[Method]] = {}
    for owner in layer_class.__mro__[: layer_class.__mro__.index(keras.layers.Layer)]:
        for name, value in vars(owner).items():
            function = inspect.unwrap(value) if isinstance(value, types.FunctionType) else value
            tree = _tree(function, source) if isinstance(function, types.FunctionType) else None
            if tree is not None:
                method = Method(owner, name, function, tree, function.__code__.co_filename, source)
                methods.setdefault(name, method)
                overridden.setdefault(name, []).append(method)
    return Reading(layer_class, methods, overridden, layer)


def called_on_self(method: Method) -> Iterator[str]:
    """Names of the methods that a method calls on `self` or `super()`."""
    for node in method.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            on = node.func.value
            is_super = isinstance(on, ast.Call) and isinstance(on.func, ast.Name) and on.func.id == "super"
            if self_attribute(node.func) or is_super:
                yield node.func.attr


def _tree(function: types.FunctionType, source: str | None) -> ast.FunctionDef | None:
    code = function.__code__
    text = "".join(linecache.getlines(code.co_filename)) or source or ""
    return _functions(text).get((code.co_name, code.co_firstlineno))


@functools.lru_cache(maxsize=64)
def parsed(text: str) -> ast.Module:
    """The syntax of a file; of one that is no Python, an empty one."""
    try:
        return ast.parse(text)
    except SyntaxError:
        return ast.Module([], [])


@functools.lru_cache(maxsize=64)
def _functions(text: str) -> dict[tuple[str, int], ast.FunctionDef]:
    """Every function of a file, by its name and the line in which it, or its first decorator, begins."""
    found = [node for node in ast.walk(parsed(text)) if isinstance(node, ast.FunctionDef)]
    return {(node.name, min([node.lineno, *(d.lineno for d in node.decorator_list)])): node for node in found}


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None
