"""From a text to its module: one text at a time, under one name, with its lines at hand for tracebacks and sources."""

from __future__ import annotations

import linecache
import sys
from dataclasses import dataclass
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from types import ModuleType
from typing import Any

import keras

from explorer.core.keras_private import object_registration
from explorer.core.own_code.failures import import_failed, unreadable
from explorer.core.own_code.names import FILE, MODULE
from explorer.core.own_code.printing import captured


@dataclass(frozen=True, eq=False)
class Loaded:
    """A text that was executed.

    Attributes:
        code: the text, with one kind of line end.
        module: what it defined; `sys.modules` has it under the name `MODULE`.
        printed: what it printed meanwhile.
    """

    code: str
    module: ModuleType
    printed: str


class _Text(Loader):
    """Gives Python the source of a module that has no file."""

    def __init__(self, code: str) -> None:
        self._code = code

    def get_source(self, name: str) -> str:
        """The text."""
        return self._code


_CURRENT: dict[str, Loaded] = {}
_REGISTERED: dict[str, Any] = {}
"""What Keras had been told of before the text was executed."""


def loaded(code: str) -> Loaded:
    """The module of a text, executed unless it is the one that was executed last.

    Raises:
        Problem: if Python cannot read the text, or executing it raises anything; with the line to blame.
    """
    code = with_plain_lines(code)
    known = _CURRENT.get(code)
    if known is not None and sys.modules.get(MODULE) is known.module:
        return known
    forget()
    _REGISTERED.clear()
    _REGISTERED.update(object_registration.GLOBAL_CUSTOM_OBJECTS)
    linecache.cache[FILE] = (len(code), None, [f"{line}\n" for line in code.split("\n")], FILE)
    try:
        compiled = compile(code, FILE, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        raise unreadable(error, code) from error
    module = module_from_spec(ModuleSpec(MODULE, _Text(code), origin=FILE))
    module.__file__ = FILE
    sys.modules[MODULE] = module  # inspect and Keras look a class's module up by its name
    with captured() as printed:
        try:
            exec(compiled, vars(module))
        except BaseException as error:  # whatever it raises, `SystemExit` too, is about the text
            sys.modules.pop(MODULE, None)
            raise import_failed(error, code, printed.text) from error
    sys.modules[MODULE] = module  # the text may have put something else there
    _CURRENT[code] = Loaded(code, module, printed.text)
    return _CURRENT[code]


def forget() -> None:
    """Let go of the text that was executed last: its module, its lines, and its classes that Keras was told of."""
    _CURRENT.clear()
    sys.modules.pop(MODULE, None)
    linecache.cache.pop(FILE, None)
    named, names = object_registration.GLOBAL_CUSTOM_OBJECTS, object_registration.GLOBAL_CUSTOM_NAMES
    for name, one in list(named.items()):
        if getattr(one, "__module__", "") == MODULE:
            names.pop(one, None)
            if name in _REGISTERED:
                named[name] = _REGISTERED[name]
            else:
                del named[name]


def with_plain_lines(code: str) -> str:
    """The text with the line ends that Python counts, and no others."""
    return code.replace("\r\n", "\n").replace("\r", "\n")


def layer_classes(module: ModuleType) -> dict[str, type]:
    """The layer classes that a module defines itself, by the names it has for them, in the order of their lines."""
    found = {
        name: value
        for name, value in vars(module).items()
        if is_layer_class(value) and type.__getattribute__(value, "__module__") == module.__name__
    }
    return {name: value for name, value in found.items() if name == next(n for n, v in found.items() if v is value)}


def is_layer_class(value: Any) -> bool:
    """Whether it is a subclass of Keras's Layer. Asks the object itself nothing."""
    return issubclass(type(value), type) and keras.layers.Layer in type.__dict__["__mro__"].__get__(value)
