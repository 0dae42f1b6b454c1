"""Code to start from: templates, and layers with one typical mistake each.

The files of this folder hold them, `[[start]]` by `[[start]]`. Nothing here runs any of them.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_HOME = Path(__file__).parent


@dataclass(frozen=True)
class Start:
    """Code to start from.

    Attributes:
        id: of a mistake, the name by which the doctor knows it.
        kind: "template" or "mistake".
        title: an English msgid.
        code: the text.
    """

    id: str
    kind: Literal["template", "mistake"]
    title: str
    code: str


@functools.cache
def starts() -> tuple[Start, ...]:
    """All of them: templates first, each kind in the order of its file.

    Raises:
        TypeError: if an entry has other parts than a `Start`.
    """
    found = []
    for path in _HOME.glob("*.toml"):
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["start"]
        found += [Start(**{**entry, "code": entry["code"].lstrip("\n")}) for entry in entries]
    return tuple(sorted(found, key=lambda start: start.kind != "template"))
