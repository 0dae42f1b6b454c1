"""From a text to its module: one text at a time, under one name, with its lines at hand for tracebacks and sources.

A text of several files (`explorer.experiment.own_files`) is one file to Python, whose lines are counted through, and
several modules. Those that the first one imports have names of their own in `sys.modules`, so that a `layers.py` of the
reader's is not ours; what the reader's code calls them is theirs.
"""

from __future__ import annotations

import builtins
import linecache
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from types import ModuleType
from typing import Any

import keras

from explorer.core.keras_private import object_registration
from explorer.core.own_code.failures import import_failed, unreadable
from explorer.core.own_code.printing import captured
from explorer.experiment.experiment import OWN_FILE, OWN_MODULE
from explorer.experiment.own_files import OwnFile, files
from explorer.model.fix import with_plain_lines

_BESIDE = f"{OWN_MODULE}_beside_"
"""What the name of a module beside the layers' own begins with in `sys.modules`."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """A text that was executed.

    Attributes:
        code: the text, with one kind of line end.
        module: what it defined; `sys.modules` has it under the name `OWN_MODULE`.
        printed: what it printed meanwhile.
    """

    code: str
    module: ModuleType
    printed: str


class _Text(Loader):
    """Gives Python a module of the text, and its source: the whole text.

    Args:
        code: the whole text.
        file: the part of it that is the module.
        beside: the names by which the parts of the text import each other.
    """

    def __init__(self, code: str, file: OwnFile, beside: frozenset[str]) -> None:
        self._code = code
        self._file = file
        self._beside = beside

    def get_source(self, name: str) -> str:
        """The text."""
        return self._code

    def exec_module(self, module: ModuleType) -> None:
        """Execute the part."""
        exec(self.compiled(), self.prepared(module))

    def compiled(self) -> Any:
        """The part's code, with its lines numbered as in the whole text."""
        return compile("\n" * (self._file.first_line - 1) + self._file.text, OWN_FILE, "exec", dont_inherit=True)

    def prepared(self, module: ModuleType) -> dict[str, Any]:
        """The module's namespace, in which an import finds the other parts."""
        module.__file__ = OWN_FILE
        if self._beside:
            vars(module)["__builtins__"] = {**vars(builtins), "__import__": self._import}
        return vars(module)

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """`__import__`: a name of a part of the text stands for that part, whatever else has this name."""
        known = level == 0 and name.partition(".")[0] in self._beside
        return builtins.__import__(f"{_BESIDE}{name}" if known else name, globals, locals, fromlist or (), level)


class _Beside(MetaPathFinder):
    """Finds the modules beside the layers' own, of the text that is current."""

    def __init__(self) -> None:
        self.loaders: dict[str, _Text] = {}
        self.packages: set[str] = set()

    def take(self, code: str) -> _Text:
        """Make a text the current one; gives what loads its first file."""
        first, *others = files(code)
        names = frozenset(file.module.partition(".")[0] for file in others)
        self.loaders = {file.module: _Text(code, file, names) for file in others}
        self.packages = {file.module for file in others if file.is_package}
        if others:
            sys.meta_path.insert(0, self)
        return _Text(code, first, names)

    def forget(self) -> None:
        """Let go of the modules of the text that was current."""
        for name in [name for name in sys.modules if name.startswith(_BESIDE)]:
            del sys.modules[name]
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The module of that name in `sys.modules`; a folder without a file of its own is a package, too."""
        if not name.startswith(_BESIDE):
            return None
        own = name.removeprefix(_BESIDE)
        if own in self.loaders:
            return ModuleSpec(name, self.loaders[own], origin=OWN_FILE, is_package=own in self.packages)
        if any(one.startswith(f"{own}.") for one in self.loaders):
            return ModuleSpec(name, None, is_package=True)
        return None


_BESIDES = _Beside()
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
    if known is not None and sys.modules.get(OWN_MODULE) is known.module:
        return known
    forget()
    _REGISTERED.clear()
    _REGISTERED.update(object_registration.GLOBAL_CUSTOM_OBJECTS)
    linecache.cache[OWN_FILE] = (len(code), None, [f"{line}\n" for line in code.split("\n")], OWN_FILE)
    loader = _BESIDES.take(code)
    try:
        compiled = loader.compiled()
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        raise unreadable(error, code) from error
    module = module_from_spec(ModuleSpec(OWN_MODULE, loader, origin=OWN_FILE))
    sys.modules[OWN_MODULE] = module  # inspect and Keras look a class's module up by its name
    with captured() as printed:
        try:
            exec(compiled, loader.prepared(module))
        except BaseException as error:  # whatever it raises, `SystemExit` too, is about the text
            sys.modules.pop(OWN_MODULE, None)
            raise import_failed(error, code, printed.text) from error
    sys.modules[OWN_MODULE] = module  # the text may have put something else there
    _CURRENT[code] = Loaded(code, module, printed.text)
    return _CURRENT[code]


def forget() -> None:
    """Let go of the text that was executed last: its modules, its lines, and its classes that Keras was told of."""
    _CURRENT.clear()
    _BESIDES.forget()
    sys.modules.pop(OWN_MODULE, None)
    linecache.cache.pop(OWN_FILE, None)
    named, names = object_registration.GLOBAL_CUSTOM_OBJECTS, object_registration.GLOBAL_CUSTOM_NAMES
    for name, one in list(named.items()):
        home = str(getattr(one, "__module__", ""))
        if home == OWN_MODULE or home.startswith(_BESIDE):
            names.pop(one, None)
            if name in _REGISTERED:
                named[name] = _REGISTERED[name]
            else:
                del named[name]


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
