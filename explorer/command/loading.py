"""Find the class that the command line names. This runs the file: it is the caller's own."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import linecache
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from explorer.model.fix import with_plain_lines


class NotLoaded(Exception):
    """The class could not be had; the text says why."""


def layer_class(name: str) -> tuple[Any, Any]:
    """The class that `path/to/file.py:Class` or `package.module:Class` names, and its module.

    Raises:
        NotLoaded: if there is no such file, module or class, it is no layer, or importing it fails.
    """
    where, colon, attribute = name.rpartition(":")
    if not colon or not where or not attribute:
        raise NotLoaded(f"Expected path/to/file.py:ClassName. Received: {name}")
    try:
        if where.endswith(".py"):
            module = _file(Path(where))
        else:
            with _found_first(Path.cwd()):  # as with `python -m`, whatever the command was started by
                module = importlib.import_module(where)
    except NotLoaded:
        raise
    except (Exception, SystemExit) as error:
        raise NotLoaded(f"Importing {where} failed: {type(error).__name__}: {error}") from error
    found = getattr(module, attribute, None)
    if found is None:
        from explorer.core.own_code.loading import is_layer_class

        known = [name for name, value in vars(module).items() if is_layer_class(value)]
        raise NotLoaded(f"{where} has no {attribute}. Layers in it: {', '.join(known) or 'none'}.")
    if not callable(found):
        raise NotLoaded(f"{name} is not a class: {type(found).__name__}.")
    return found, module


@dataclass(frozen=True)
class Rewritable:
    """The source of a class, of which other texts can be executed in its place.

    Attributes:
        name: of the class.
        module: that defines it.
        file: where its source stands.
        code: the source, with one kind of line end.
    """

    name: str
    module: ModuleType
    file: Path
    code: str

    def executed(self, code: str) -> tuple[Any, ModuleType]:
        """The class and its module as another text makes them. Python and Keras find them under their names."""
        spec = self.module.__spec__
        assert spec is not None
        compiled = compile(code, str(self.file), "exec", dont_inherit=True)
        made = importlib.util.module_from_spec(spec)
        sys.modules[self.module.__name__] = made
        lines = [f"{line}\n" for line in code.split("\n")]
        linecache.cache[str(self.file)] = (len(code), None, lines, str(self.file))
        with _found_first(self.file.parent):
            exec(compiled, vars(made))
        return getattr(made, self.name), made

    def put_back(self) -> None:
        """Let Python find the module, and the file's lines, as they are."""
        sys.modules[self.module.__name__] = self.module
        linecache.cache.pop(str(self.file), None)


def source_of(found: Any, module: ModuleType) -> Rewritable:
    """The source of a class that `layer_class` gave.

    Raises:
        NotLoaded: if its module does not define it in a file of its own.
    """
    file = getattr(module.__spec__, "origin", None)
    if not isinstance(found, type) or found.__module__ != module.__name__ or not str(file).endswith(".py"):
        raise NotLoaded("--fix changes the file that defines the class: name that file, path/to/file.py:ClassName.")
    path = Path(str(file))
    return Rewritable(found.__name__, module, path, with_plain_lines(path.read_text(encoding="utf-8-sig")))


def _file(path: Path) -> Any:
    if not path.is_file():
        raise NotLoaded(f"There is no file {path}.")
    name = path.stem if path.stem not in sys.modules else f"{path.stem}_of_the_command_line"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise NotLoaded(f"Python cannot import {path}.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # inspect and Keras look a class's module up by its name
    with _found_first(path.resolve().parent):
        spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def _found_first(folder: Path) -> Iterator[None]:
    """Let modules be found in a folder."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
