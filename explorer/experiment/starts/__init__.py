"""Texts to start a layer of one's own from: templates, and layers with a mistake to find.

Each is a file here, `NAME.py.txt`: its docstring is its title (an English msgid). A file whose name begins with
"mistake" holds a mistake. `explorer.export.copy_of` makes a start of any layer.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

FIRST = "dense"
"""What is shown to a reader who has no code yet."""
_ENDING = ".py.txt"


@dataclass(frozen=True)
class Start:
    """A text to start from.

    Attributes:
        title: an English msgid.
        code: the text.
    """

    title: str
    code: str


@functools.cache
def starts() -> Mapping[str, Start]:
    """The texts by name: `FIRST`, the other templates, the mistakes."""
    files = Path(__file__).parent.glob(f"*{_ENDING}")
    found = {file.name.removesuffix(_ENDING): file.read_text(encoding="utf-8") for file in files}
    names = sorted(found, key=lambda name: (name != FIRST, name.startswith("mistake"), name))
    return MappingProxyType({name: Start(_title(found[name]), found[name]) for name in names})


def _title(code: str) -> str:
    return (ast.get_docstring(ast.parse(code)) or "").rstrip(".")
