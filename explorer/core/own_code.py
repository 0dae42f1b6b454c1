"""The reader's own code: a text becomes a module, and the layers in it become cards.

Whatever stands in the text runs here. The process that does it is confined and does nothing else afterwards
(`explorer.engine`); trusted code runs in the process of whoever trusts it.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import functools
import inspect
import io
import linecache
import sys
import types
from collections.abc import Iterator

import keras

from explorer.core.catalog.call_inputs import tried_inputs
from explorer.core.catalog.derive import derive_card
from explorer.core.mistakes import diagnose
from explorer.core.plain import plain
from explorer.experiment.experiment import OWN, OWN_FILE, OWN_MODULE
from explorer.model.answers import OwnClasses
from explorer.model.fix import SourceLine
from explorer.model.problem import Problem
from explorer.model.trace import Message
from layers.card import Card

MAX_PRINTED = 10_000
"""The most characters that are kept of what code prints."""


class Printed(io.TextIOBase):
    """What code writes to its output: the beginning of it, as plain text."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._room = MAX_PRINTED

    def writable(self) -> bool:
        """It can be written to."""
        return True

    def write(self, text: str) -> int:
        """Keep a text, as far as there is room."""
        if self._room > 0:
            self._parts.append(text[: self._room])
            self._room -= len(text)
        return len(text)

    @property
    def text(self) -> str:
        """What was written, without colours; its end is marked if something is missing."""
        return plain("".join(self._parts)) + ("\n…" if self._room < 0 else "")


@contextlib.contextmanager
def printing() -> Iterator[Printed]:
    """Keep what is printed within the block."""
    printed = Printed()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        yield printed


@dataclasses.dataclass(frozen=True, eq=False)
class Loaded:
    """A code that was executed.

    Attributes:
        module: it.
        printed: what it printed meanwhile.
    """

    module: types.ModuleType
    printed: str


def loaded(code: str) -> Loaded:
    """The code as the module `OWN_MODULE`, executed once for each text. One text at a time is a module.

    Raises:
        Problem: if it is no Python, or fails; its `place` is the line.
    """
    found = _loaded(code)
    sys.modules[OWN_MODULE] = found.module  # inspect, and Keras, look a class's module up by its name
    linecache.cache[OWN_FILE] = (len(code), None, code.splitlines(keepends=True), OWN_FILE)
    return found


@functools.lru_cache(maxsize=1)
def _loaded(code: str) -> Loaded:
    module = types.ModuleType(OWN_MODULE)
    module.__file__ = OWN_FILE
    sys.modules[OWN_MODULE] = module
    linecache.cache[OWN_FILE] = (len(code), None, code.splitlines(keepends=True), OWN_FILE)
    with printing() as printed:
        try:
            exec(compile(code, OWN_FILE, "exec", dont_inherit=True), module.__dict__)
        except BaseException as error:  # also SystemExit: the text may say what it likes
            raise _failed(error, code) from error
    return Loaded(module, printed.text)


def _failed(error: BaseException, code: str) -> Problem:
    """What is wrong with code that could not be executed."""
    detail = f"{type(error).__name__}: {plain(str(error))}"
    if isinstance(error, SyntaxError) and error.filename == OWN_FILE:
        what = Message("This is not Python: {error}.", {"error": plain(error.msg or "").rstrip(".")})
        return Problem(what, where="code", detail=detail, place=_line(code, error.lineno or 1))
    places = [frame.lineno for frame in _frames(error) if frame.filename == OWN_FILE]
    place = _line(code, places[-1]) if places else None
    if isinstance(error, NameError) and (fix := _missing_import(error)):
        what = Message("The code uses “{name}”, which it does not import.", {"name": error.name or ""})
        return Problem(what, fix, "-", "code", detail, place=place)
    known = diagnose(error, source=code) if isinstance(error, Exception) else None
    if known is not None:
        return Problem(
            known.cause, known.expected, known.received, "code", detail,
            place=place, why=known.why, fixes=known.fixes,
        )  # fmt: skip
    what = Message("The code stopped before it had defined its layers: {error}.", {"error": type(error).__name__})
    return Problem(what, where="code", detail=detail, place=place)


def _frames(error: BaseException) -> list[inspect.FrameInfo]:
    return inspect.getinnerframes(error.__traceback__) if error.__traceback__ is not None else []


def _line(code: str, number: int) -> SourceLine:
    lines = code.splitlines()
    return SourceLine(OWN_FILE, number, lines[number - 1].strip() if 0 < number <= len(lines) else "")


def _missing_import(error: NameError) -> str:
    """The import that a name is usually had by; "" if none is known."""
    usual = {"np": "import numpy as np", "tf": "import tensorflow as tf", "keras": "import keras"}
    usual |= {"layers": "from keras import layers", "ops": "from keras import ops", "K": "from keras import ops"}
    usual |= {"Layer": "from keras.layers import Layer"}
    return usual.get(error.name or "", "")


def own_classes(code: str) -> OwnClasses:
    """The layers that a code defines.

    Raises:
        Problem: if it fails, or defines none.
    """
    found = loaded(code)
    cards: dict[str, Card] = {}
    closed: dict[str, Message] = {}
    for name, layer in _layers(found.module):
        card = _card(name, layer)
        if isinstance(card, Card):
            cards[card.id] = card
        else:
            closed[f"{OWN}{name}"] = card
    if not cards and not closed:
        defined = [name for name, thing in vars(found.module).items() if isinstance(thing, type)]
        raise Problem(
            "The code defines no layer.",
            expected="class MyLayer(keras.layers.Layer)",
            received=", ".join(defined)[:200] or "-",
            where="code",
        )
    return OwnClasses(cards, _first(code, list(cards)), closed, found.printed)


def own_card(layer: str, code: str) -> Card:
    """The card of one layer of a code.

    Raises:
        Problem: if the code fails, defines no such layer, or it cannot be opened.
    """
    loaded(code)
    return _classes(code).card(layer)


_classes = functools.lru_cache(maxsize=1)(own_classes)


def _layers(module: types.ModuleType) -> list[tuple[str, type]]:
    """The layer classes that a module defines, under the first of their names, in order."""
    found: dict[type, str] = {}
    for name, thing in list(vars(module).items()):
        own = inspect.isclass(thing) and thing.__module__ == module.__name__
        if own and issubclass(thing, keras.layers.Layer) and not inspect.isabstract(thing):
            found.setdefault(thing, name)
    return [(name, layer) for layer, name in found.items()]


def _card(name: str, layer: type) -> Card | Message:
    card = derive_card(name, layer, OWN.rstrip("."))
    if isinstance(card, Message):
        return card
    card = dataclasses.replace(card, layer=f"{OWN_MODULE}:{name}", group="custom")
    with printing():
        return tried_inputs(card, layer)


def _first(code: str, ids: list[str]) -> str:
    """The layer to open first: the last one that no other class of the code uses."""
    tree = ast.parse(code)
    names = [one.removeprefix(OWN) for one in ids]
    used: set[str] = set()
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef):
            inside = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
            used |= inside - {statement.name}
    free = [name for name in names if name not in used] or names
    return f"{OWN}{free[-1]}" if free else ""
