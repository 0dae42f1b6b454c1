"""All that is known about one failure: what was raised first, the layer's class, and the lines of it that ran."""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import re
import types
from collections.abc import Iterator
from typing import Any

import keras

from explorer.core.mistakes.reading import Method, Reading, class_of, is_keras, parsed, read
from explorer.core.plain import message
from explorer.model.fix import SourceLine

_TAPPED = re.compile(r"<tapped (.+) \d+>$")


class Evidence:
    """One failure.

    Attributes:
        error: as it was caught.
        chain: the errors that led to it, the first one raised last.
        text: all their messages, without colours, the first one raised first.
        layer_class: of the layer that was made, built, called or saved; None if nothing tells.
        places: the lines of that layer's own file that ran, the outermost first.
        source: the text of that file, where Python cannot find it.
    """

    def __init__(self, error: BaseException, layer: Any = None, source: str | None = None) -> None:
        self.error = error
        self.source = source
        self.chain = list(_chain(error))
        self.text = "\n".join(message(e) for e in reversed(self.chain))
        frames = [frame for e in self.chain[:1] for frame in _frames(e)]
        for e in self.chain[1:]:
            later = list(_frames(e))
            frames += [frame for frame in later if frame[0] not in [known[0] for known in frames]]
        self.layer_class = class_of(layer) or _guessed(frames)
        self._frames = frames
        self._files = _files(self.layer_class)
        self.places = self._places()

    @property
    def place(self) -> SourceLine | None:
        """The innermost line of the layer's own file."""
        return self.places[-1] if self.places else None

    @functools.cached_property
    def reading(self) -> Reading | None:
        """The layer's class, read."""
        return None if self.layer_class is None else read(self.layer_class, self.source)

    def reading_of(self, name: str) -> Reading | None:
        """The class of that name, read: the layer's own, or one that its module knows; else the layer's."""
        if self.layer_class is None or self.layer_class.__name__ == name:
            return self.reading
        for cls in self.layer_class.__mro__:
            if cls.__name__ == name:
                return read(cls, self.source)
        for frame, _ in self._frames:
            found = frame.f_globals.get(name)
            one = frame.f_locals.get("self")
            for candidate in (found, type(one)):
                if isinstance(candidate, type) and candidate.__name__ == name:
                    known = class_of(candidate)
                    if known is not None:
                        return read(known, self.source)
        module = inspect.getmodule(self.layer_class)
        known = class_of(getattr(module, name, None))
        return read(known, self.source) if known is not None else None

    @functools.cached_property
    def line_nodes(self) -> list[ast.AST]:
        """The syntax of the blamed line: all nodes of the innermost statement that covers it."""
        return self.nodes_at(self.place)

    def nodes_at(self, place: SourceLine | None) -> list[ast.AST]:
        """All nodes of the innermost statement at that place."""
        if place is None:
            return []
        best: ast.stmt | None = None
        text = "".join(linecache.getlines(place.file)) or self.source or ""
        for node in ast.walk(parsed(text)):
            if isinstance(node, ast.stmt) and node.lineno <= place.line <= (node.end_lineno or node.lineno):
                best = node
        if best is None:
            return []
        if isinstance(best, (ast.For, ast.While, ast.If, ast.With)):
            head = best.iter if isinstance(best, ast.For) else getattr(best, "test", best)
            return list(ast.walk(head))
        return list(ast.walk(best))

    def method_at(self, place: SourceLine | None) -> Method | None:
        """The method of the layer's class that holds a line."""
        if place is None or self.reading is None:
            return None
        for method in self.reading.methods.values():
            inside = method.tree.lineno <= place.line <= (method.tree.end_lineno or 0)
            if method.file == place.file and inside:
                return method
        return None

    def resolve(self, node: ast.AST) -> Any:
        """What a dotted name on the blamed line stands for."""
        method = self.method_at(self.place)
        if method is not None:
            return method.resolve(node)
        last = next((frame for frame, _ in reversed(self._frames) if frame.f_code.co_filename in self._files), None)
        if isinstance(node, ast.Attribute):
            base = self.resolve(node.value)
            return None if base is None else getattr(base, node.attr, None)
        return last.f_globals.get(node.id) if last is not None and isinstance(node, ast.Name) else None

    def _places(self) -> list[SourceLine]:
        found = []
        for frame, line in self._frames:
            file = frame.f_code.co_filename
            tapped = _TAPPED.match(file)
            if tapped:
                place = self._tapped(frame, tapped[1], line)
                found += [place] if place is not None and place.file in self._files else []
            elif file in self._files:
                found.append(SourceLine(file, line, self._line(file, line)))
        return found

    def _tapped(self, frame: types.FrameType, name: str, line: int) -> SourceLine | None:
        """Where a line of a rewritten function stands in its file."""
        thing: Any = None
        if "<locals>" not in name:
            first, *rest = name.split(".")
            thing = frame.f_globals.get(first)
            for part in rest:
                thing = getattr(thing, part, None)
        if thing is None:  # a class that was made within a function
            owners = (type(frame.f_locals.get("self")), self.layer_class)
            methods = [getattr(owner, name.rpartition(".")[2], None) for owner in owners]
            thing = next((method for method in methods if getattr(method, "__qualname__", "") == name), None)
        code = getattr(inspect.unwrap(thing), "__code__", None) if callable(thing) else None
        if code is None:
            return None
        number = code.co_firstlineno + line - 1
        return SourceLine(code.co_filename, number, self._line(code.co_filename, number))

    def _line(self, file: str, line: int) -> str:
        text = linecache.getline(file, line).strip()
        if not text and self.source is not None:
            lines = self.source.splitlines()
            text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        return text


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in seen and len(seen) < 20:
        seen.append(at)
        yield at
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)


def _frames(error: BaseException) -> Iterator[tuple[types.FrameType, int]]:
    at = error.__traceback__
    while at is not None:
        yield at.tb_frame, at.tb_lineno
        at = at.tb_next


def _guessed(frames: list[tuple[types.FrameType, int]]) -> type | None:
    """The class of the outermost layer in whose method it failed, a person's before Keras's."""
    found = [class_of(frame.f_locals.get("self")) for frame, _ in frames]
    layers = [cls for cls in found if cls is not None and not issubclass(cls, keras.Model)]
    own = [cls for cls in layers if not is_keras(cls)]
    return next(iter(own or layers), None)


def _files(layer_class: type | None) -> set[str]:
    """The files in which a person wrote the class and its parents; Keras's own, if the class is Keras's."""
    if layer_class is None:
        return set()
    owners = [cls for cls in layer_class.__mro__ if not is_keras(cls)]
    return {
        inspect.unwrap(value).__code__.co_filename
        for owner in owners
        for value in vars(owner).values()
        if isinstance(value, types.FunctionType)
    }
