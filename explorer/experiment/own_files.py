"""Typed code of several files as one text: the layers' own file first, then the modules that it imports.

A line `# %% file: helper.py` begins the file of that name; without such a line the text is one file. Lines are counted
through the whole text, so a line of a module has one number wherever it is told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from explorer.model.problem import Problem, brief

MARK = "# %% file: "
_FILE = re.compile(rf"^{re.escape(MARK)}((?:[^\W\d]\w*/)*[^\W\d]\w*\.py)$", re.MULTILINE)


@dataclass(frozen=True)
class OwnFile:
    """One file of a text.

    Attributes:
        path: "helper.py" or "package/helper.py"; "" for the first one.
        first_line: the number of its first line in the whole text, from 1.
        text: its lines.
    """

    path: str
    first_line: int
    text: str

    @property
    def module(self) -> str:
        """The name by which it is imported: "package.helper"."""
        return self.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")

    @property
    def is_package(self) -> bool:
        """Whether further modules may be inside it."""
        return self.path.endswith("__init__.py")


def joined(text: str, beside: Mapping[str, str]) -> str:
    """One text of a file and the modules beside it, by their paths.

    Raises:
        Problem: if a path is none of a module, or a line of a file would be read as the beginning of another one.
    """
    for one in (text, *beside.values()):
        if found := _FILE.search(one):
            raise Problem("This line would begin another file.", received=brief(found[0]), where="code")
    for path in beside:
        if not _FILE.fullmatch(MARK + path):
            raise Problem("That is not the path of a Python module.", "package/helper.py", brief(path), where="code")
    whole = text
    for path, module in beside.items():
        end = "" if whole.endswith("\n") or not whole else "\n"
        whole = f"{whole}{end}{MARK}{path}\n{module}"
    return whole


def files(code: str) -> tuple[OwnFile, ...]:
    """The files of a text, the layers' own first. Of two with one path the first one counts."""
    found: dict[str, OwnFile] = {}
    path, start = "", 0
    for mark in [*_FILE.finditer(code), None]:
        text = code[start : mark.start() if mark else len(code)]
        found.setdefault(path, OwnFile(path, code.count("\n", 0, start) + 1, text))
        if mark is not None:
            path, start = mark[1], mark.end() + 1
    return tuple(found.values())


def place_in(code: str, line: int) -> tuple[str, int]:
    """The file of a line of the whole text, by its path, and the line's number in that file, from 1."""
    file = max((one for one in files(code) if one.first_line <= line), key=lambda one: one.first_line)
    return file.path, line - file.first_line + 1
