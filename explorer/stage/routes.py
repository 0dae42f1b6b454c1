"""Serves the stage's modules to the browser, at an address that changes whenever one of them does."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from explorer.stage.files import CONTENT_TYPES, files, version


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
        media_type=CONTENT_TYPES[Path(name).suffix],
        headers={"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"},
    )
