"""Which requests are understood at all: their names, methods, sizes and paths."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import Scope

from explorer.settings import Limits
from explorer.web.names import Names

_CORE = "/_stcore/"
_OPEN = ("health", "host-config", "stream", "upload_file")
"""Of Streamlit's own addresses those that the page uses. Every other one is closed."""
_READING = ("GET", "HEAD")
_UPLOADING = ("PUT", "DELETE")


@dataclass(frozen=True)
class Refusal:
    """Why a request is not answered.

    Attributes:
        status: the HTTP status.
        expected, received: the two sides, in a few words.
        wait: the seconds after which it may be tried again; 0 if it is no matter of time.
    """

    status: int
    expected: str
    received: str
    wait: float = 0


def refusal(scope: Scope, names: Names, limits: Limits) -> Refusal | None:
    """What is wrong with a request, whoever sent it; None if nothing is."""
    return _size(scope, limits) or _names(scope, names) or _path(scope) or _method(scope)


def core(scope: Scope) -> str:
    """Which of Streamlit's own addresses a path names, "upload_file"; "" if none."""
    _, found, rest = str(scope["path"]).rpartition(_CORE)
    return rest.partition("/")[0] if found else ""


def uploads(scope: Scope) -> bool:
    """Whether a request brings a file or takes one away."""
    return scope["type"] == "http" and scope["method"] in _UPLOADING


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _size(scope: Scope, limits: Limits) -> Refusal | None:
    url = len(scope.get("raw_path") or b"") + len(scope.get("query_string", b""))
    if url > limits.url_bytes:
        return Refusal(414, f"an address of at most {limits.url_bytes:,} bytes", f"{url:,} bytes")
    size = sum(len(name) + len(value) + len(": \r\n") for name, value in scope["headers"])
    if size > limits.header_bytes:
        return Refusal(431, f"headers of at most {limits.header_bytes:,} bytes", f"{size:,} bytes")
    return None


def _names(scope: Scope, names: Names) -> Refusal | None:
    hosts, origins = _values(scope, b"host"), _values(scope, b"origin")
    if len(hosts) != 1:
        return Refusal(400, "one Host header", f"{len(hosts)}")
    if not names.host(hosts[0]):
        return Refusal(403, "a Host that is this server's (addresses in server.toml)", hosts[0])
    if len(origins) > 1 or any(not names.origin(origin, hosts[0]) for origin in origins):
        return Refusal(403, "an Origin that is this server's (addresses in server.toml)", ", ".join(origins))
    return None


def _path(scope: Scope) -> Refusal | None:
    path = str(scope["path"])
    plain = path.isprintable() and "\\" not in path and "//" not in path
    if not path.startswith("/") or not plain or ".." in path.split("/"):
        return Refusal(400, "a plain path", "a path with steps upwards, doubled slashes or unprintable characters")
    if _CORE in path and core(scope) not in (*_OPEN, "metrics"):
        return Refusal(404, "an address that this server has", path)
    if scope["type"] == "websocket" and core(scope) != "stream":
        return Refusal(404, "a connection to the page's stream", path)
    return None


def _method(scope: Scope) -> Refusal | None:
    if scope["type"] == "websocket":
        return None
    allowed = _UPLOADING if core(scope) == "upload_file" else _READING
    if scope["method"] not in allowed:
        return Refusal(405, " or ".join(allowed), str(scope["method"]))
    lengths, coded = _values(scope, b"content-length"), _values(scope, b"transfer-encoding")
    if lengths and coded:
        return Refusal(400, "Content-Length or Transfer-Encoding", "both")
    if not uploads(scope) and (coded or any(length.strip() != "0" for length in lengths)):
        return Refusal(400, "no body", "a body")
    return None
