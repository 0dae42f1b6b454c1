from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.applications import Starlette

from explorer.stage.editor_labels import LABELS as EDITOR_LABELS
from explorer.stage.files import files, version
from explorer.stage.flow_labels import LABELS as FLOW_LABELS
from explorer.stage.labels import LABELS
from explorer.stage.routes import routes
from explorer.stage.trail_labels import LABELS as TRAIL_LABELS

APPLICATION = Starlette(routes=routes())


@dataclass
class Answer:
    status_code: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""


def get(path: str) -> Answer:
    """Ask the application as a server would: the path arrives decoded."""
    answer = Answer()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(event: Any) -> None:
        if event["type"] == "http.response.start":
            answer.status_code = event["status"]
            answer.headers = {name.decode(): value.decode() for name, value in event["headers"]}
        else:
            answer.content += event.get("body", b"")

    scope = {"type": "http", "method": "GET", "path": unquote(path), "raw_path": path.encode(), "query_string": b""}
    scope |= {"headers": [], "scheme": "http", "server": ("testserver", 80), "root_path": "", "http_version": "1.1"}
    asyncio.run(APPLICATION(scope, receive, send))
    return answer


def test_every_file_is_served_for_ever() -> None:
    assert {"core/main.js", "core/stage.css", "core/format.js", "flow/main.js", "flow/flow.css"} <= set(files())
    for name, content in files().items():
        answer = get(f"/stage/{version()}/{name}")
        assert answer.status_code == 200 and answer.content == content
        assert "immutable" in answer.headers["cache-control"]
        kind = "text/css" if name.endswith(".css") else "text/javascript"
        assert answer.headers["content-type"].startswith(kind)


def test_a_module_that_could_not_be_had_is_asked_for_at_another_address() -> None:
    assert get(f"/stage/{version()}~3/core/main.js").content == files()["core/main.js"]
    assert get("/stage/0~3/core/main.js").status_code == 404


def test_a_base_path_may_stand_before() -> None:
    assert get(f"/some/base/stage/{version()}/core/main.js").status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "../pack.py",
        "..%2fpack.py",
        "%2e%2e%2fpack.py",
        "pack.py",
        "",
        "core/main.js/..",
        "nothing.js",
        "flow/../../pack.py",
        "core",
        "flow",
    ],
)
def test_nothing_else_is_served(name: str) -> None:
    answer = get(f"/stage/{version()}/{name}")
    assert answer.status_code == 404 and b"import" not in answer.content


def test_another_version_is_not_served() -> None:
    answer = get("/stage/0123456789abcdef/core/main.js")
    assert answer.status_code == 404 and answer.headers["cache-control"] == "no-store"


def test_every_word_that_the_modules_ask_for_exists_and_every_word_is_asked_for() -> None:
    source = "\n".join(content.decode() for name, content in files().items() if not name.startswith("bundles/"))
    asked = set(re.findall(r'words\(\s*"([\w.]+)"', source))
    known = {**LABELS, **TRAIL_LABELS, **FLOW_LABELS, **EDITOR_LABELS}
    assert asked and asked <= set(known)
    quoted = set(re.findall(r'"([\w.]+)"', source))
    families = (
        "editor.plain",
        "phrase.",
        "column.",
        "role.",
        "axis.",
        "slices.",
        "way.",
        "flow.recurrence.",
        "flow.brush.",
    )
    assert {key for key in known if key not in quoted and not key.startswith(families)} == set()
