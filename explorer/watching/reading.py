"""A file and the modules of its folder that it imports, as texts. Nothing of them is executed."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from explorer.model.problem import Problem
from explorer.model.trace import Message

MAX_MODULES = 60
"""So many modules of the folder are read."""
MAX_BYTES = 1 << 20
"""The most bytes of one file."""


def text_of(path: Path) -> str:
    """A Python file's text, with plain line ends, in the encoding that it names.

    Raises:
        Problem: if it cannot be read, or is none.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise Problem(_unread(path), f"<= {MAX_BYTES:,} bytes", f"{path.stat().st_size:,} bytes", "code")
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return io.TextIOWrapper(io.BytesIO(data), encoding).read()
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise Problem(_unread(path), "Python, UTF-8", str(error)[:200], "code") from error


def modules_beside(path: Path, text: str, before: Iterable[str] = ()) -> dict[str, str]:
    """The modules of a file's folder that it imports, with those that they import, by their paths in the folder.

    Args:
        path: the file.
        text: what it holds.
        before: those that it imported before. They count where a text is no Python at the moment.
    Raises:
        Problem: if one of them cannot be read, or there are more than `MAX_MODULES`.
    """
    found: dict[str, str] = {}
    kept = [name for name in before if (path.parent / name).is_file()]
    waiting = list(_imported(path.parent, text, "", kept))
    while waiting:
        name = waiting.pop(0)
        if name in found:
            continue
        if len(found) == MAX_MODULES:
            raise Problem(
                "The file imports more modules of its folder than are read.", f"<= {MAX_MODULES}", where="code"
            )
        found[name] = text_of(path.parent / name)
        waiting += _imported(path.parent, found[name], name, kept)
    return dict(sorted(found.items()))


def _imported(folder: Path, text: str, name: str, kept: Sequence[str]) -> Iterator[str]:
    """The paths of the folder's modules that a text names in its imports; `kept` if it cannot be parsed."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        yield from kept
        return
    package = PurePosixPath(name).parent.parts if name else ()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _paths(folder, alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            module = [*start, *(node.module.split(".") if node.module else ())]
            yield from _paths(folder, module)
            for alias in node.names:
                yield from _paths(folder, [*module, alias.name])


def _paths(folder: Path, parts: Iterable[str]) -> Iterator[str]:
    """The files of a dotted name: of each package on the way, and of the module."""
    at = PurePosixPath()
    for part in parts:
        at /= part
        for name in (f"{at}.py", f"{at}/__init__.py"):
            if part.isidentifier() and (folder / name).is_file():
                yield name


def signature(path: Path, beside: Mapping[str, str]) -> tuple[object, ...]:
    """What tells whether any of the files has been written since: equal as long as none has."""
    return tuple(_stamp(one) for one in (path, *(path.parent / name for name in beside)))


def _stamp(path: Path) -> object:
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_mtime_ns, told.st_size, told.st_ino


def _unread(path: Path) -> Message:
    return Message("{file} cannot be read.", {"file": path.name})
