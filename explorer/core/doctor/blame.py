"""The line of source to blame: looked for in the layer's own classes, never in Keras."""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import textwrap
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.model.fix import SourceLine

_LIBRARIES = ("site-packages", "dist-packages", str(Path(__file__).parents[1]), str(Path(ast.__file__).parent))


@dataclass(frozen=True)
class Code:
    """The source of one class.

    Attributes:
        file: where it stands.
        first_line: the line of the file that is line 1 of `tree`.
        lines: the class's, as they stand in the file.
        tree: its syntax; the one statement is the class.
    """

    file: str
    first_line: int
    lines: tuple[str, ...]
    tree: ast.Module

    def place(self, node: Any) -> SourceLine:
        """The line where a node begins."""
        line = self.first_line + node.lineno - 1
        return SourceLine(self.file, line, linecache.getline(self.file, line).strip())

    def methods(self) -> dict[str, ast.FunctionDef]:
        """The methods that the class defines, by name."""
        return {node.name: node for node in self.tree.body[0].body if isinstance(node, ast.FunctionDef)}  # type: ignore[attr-defined]


@functools.lru_cache(64)
def code_of(layer_class: type) -> Code | None:
    """The source of a class, None where Python does not know it."""
    try:
        lines, first = inspect.getsourcelines(layer_class)
        file = inspect.getsourcefile(layer_class) or ""
        return Code(file, first, tuple(lines), ast.parse(textwrap.dedent("".join(lines))))
    except (OSError, TypeError, SyntaxError, IndentationError):
        return None


def codes(layer_class: type) -> Iterator[Code]:
    """The sources of a class and of its parents up to Keras's own."""
    for base in layer_class.__mro__:
        if base is not layer_class and base.__module__.partition(".")[0] == "keras":
            return
        found = code_of(base) if base is not object else None
        if found is not None:
            yield found


def method_place(layer_class: type, name: str) -> SourceLine | None:
    """Where a method begins."""
    for code in codes(layer_class):
        if name in code.methods():
            return code.place(code.methods()[name])
    return None


def find(layer_class: type, matches: Callable[[Any], bool], methods: tuple[str, ...] = ()) -> SourceLine | None:
    """The first node that matches, in these methods (default: anywhere in the classes)."""
    for code in codes(layer_class):
        parts = [node for name, node in code.methods().items() if not methods or name in methods]
        for part in parts:
            for node in ast.walk(part):
                if hasattr(node, "lineno") and matches(node):
                    return code.place(node)
    return None


def assignment_place(layer_class: type, attribute: str, methods: tuple[str, ...] = ()) -> SourceLine | None:
    """Where `self.attribute` is given its value."""

    def assigns(node: Any) -> bool:
        if not isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            return False
        targets: list[ast.expr] = node.targets if isinstance(node, ast.Assign) else [node.target]
        flat = [part for target in targets for part in ast.walk(target)]
        return any(isinstance(part, ast.Attribute) and part.attr == attribute for part in flat)

    return find(layer_class, assigns, methods)


def error_place(error: BaseException, layer_class: type) -> SourceLine | None:
    """The innermost line of an exception's way that stands in the layer's file, or in no library."""
    own = {code.file for code in codes(layer_class)}
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.lineno]
    ours = [frame for frame in frames if frame.filename in own]
    theirs = [frame for frame in frames if not any(part in frame.filename for part in _LIBRARIES)]
    for frame in (*reversed(ours), *reversed(theirs)):
        if not frame.filename.startswith("<"):
            return SourceLine(frame.filename, int(frame.lineno or 0), (frame.line or "").strip())
    return None


def raised_by(error: BaseException, layer_class: type) -> bool:
    """Whether the way of an exception leads through the layer's own source."""
    if is_keras(layer_class):
        return False
    own = {code.file for code in codes(layer_class)}
    return any(frame.filename in own for frame in traceback.extract_tb(error.__traceback__))


def raised_here(error: BaseException, layer_class: type) -> bool:
    """Whether a line of the layer's own source raised an exception, so that it refuses on purpose."""
    frames = traceback.extract_tb(error.__traceback__)
    own = {code.file for code in codes(layer_class)}
    return bool(frames) and frames[-1].filename in own and (frames[-1].line or "").startswith("raise")


def is_keras(layer_class: type) -> bool:
    """Whether a class is one of Keras's own."""
    return layer_class.__module__.partition(".")[0] == "keras"
