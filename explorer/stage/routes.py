"""Serves the stage's modules to the browser, at an address that changes whenever one of them does."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

_HOME = Path(__file__).parent / "js"
_CONTENT_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


@functools.cache
def files() -> MappingProxyType[str, bytes]:
    """Every served file by its path below `js`. Read once: an address names a content."""
    paths = [path for path in sorted(_HOME.rglob("*")) if path.suffix in _CONTENT_TYPES]
    return MappingProxyType({path.relative_to(_HOME).as_posix(): path.read_bytes() for path in paths})


@functools.cache
def version() -> str:
    """A hash of all the files, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for name, content in files().items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def routes() -> list[BaseRoute]:
    """Routes for `st.App(..., routes=routes())`; with and without a base path before them."""
    return [
        Route("/stage/{version}/{file:path}", _serve, methods=["GET"]),
        Route("/{base:path}/stage/{version}/{file:path}", _serve, methods=["GET"]),
    ]


async def _serve(request: Request) -> Response:
    """One file by its name: a name that is not in the table is not looked for anywhere."""
    name = request.path_params["file"]
    content = files().get(name)
    if content is None or request.path_params["version"].partition("~")[0] != version():  # "~2": asked for again
        return PlainTextResponse("Not found", status_code=404, headers={"Cache-Control": "no-store"})
    return Response(
        content,
        media_type=_CONTENT_TYPES[Path(name).suffix],
        headers={"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"},
    )
