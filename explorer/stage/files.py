"""The stage's modules and style sheets, as the browser gets them."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from types import MappingProxyType

HOME = Path(__file__).parent / "js"
CONTENT_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_FIGURES = HOME / "flow" / "figures"


@functools.cache
def files() -> MappingProxyType[str, bytes]:
    """Every served file by its path below `js`. Read once: an address names a content."""
    paths = [path for path in sorted(HOME.rglob("*")) if path.suffix in CONTENT_TYPES]
    return MappingProxyType({path.relative_to(HOME).as_posix(): path.read_bytes() for path in paths})


@functools.cache
def version() -> str:
    """A hash of all the files, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for name, content in files().items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


@functools.cache
def figures() -> tuple[str, ...]:
    """The modules that draw kinds of operations: every file of their folder."""
    return tuple(sorted(path.name for path in _FIGURES.glob("*.js")))
