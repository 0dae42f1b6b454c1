"""What the operator of a server decides: one file, `server.toml`, where every key is optional.

The defaults suit one person on one machine and are safe without the file. `docs/server.md` explains each key. The file
lies at the project's top, or is the one that the environment variable `LAYER_EXPLORER_SETTINGS` names; an installed
package has no top, so `layer-explorer run` names the one of the current directory. A section is a dataclass here; a key
is one of its fields, and a new key needs nothing but its field and its line in the documentation.
"""

from __future__ import annotations

import functools
import os
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

from explorer.project import INSTALLED, ROOT

VARIABLE = "LAYER_EXPLORER_SETTINGS"
TRUST_VARIABLE = "LAYER_EXPLORER_TRUST_OWN_CODE"
"""What `layer-explorer run --trust-own-code` sets for the server that it becomes."""
WATCH_VARIABLE = "LAYER_EXPLORER_WATCH"
"""The file that `layer-explorer watch` names for the server that it becomes."""
NAME = "server.toml"
DEFAULT_PATH = None if INSTALLED else ROOT / NAME
MAX_FILE = 1 << 20
"""Bytes of a settings file. What is longer was not meant as one."""

_Section = TypeVar("_Section")


class SettingsError(Exception):
    """The settings file cannot be followed; the server does not start."""


@dataclass(frozen=True)
class Server:
    """Who may come in.

    Attributes:
        addresses: the addresses that visitors type, like "https://layers.example.org"; loopback is always one.
        proxies: the addresses or networks of reverse proxies whose word on a visitor's address is believed.
        watchers: the addresses or networks that may read `/_stcore/metrics`.
    """

    addresses: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    watchers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """How much one visitor, and all of them together, may ask for.

    Attributes:
        sessions: open pages, in all.
        sessions_per_address: open pages of one network address (a classroom may share one).
        requests_per_second: HTTP requests of one address, in the long run.
        requests_at_once: HTTP requests of one address that may come in a burst. A first page is about 200 of them,
            and a classroom opens its pages at once.
        url_bytes: the length of a requested path with its query.
        header_bytes: all headers of a request together.
        openings_per_minute: pages that one address may open.
        messages_per_second: messages of one open page, in the long run.
        messages_at_once: messages of one open page that may come in a burst.
        uploads_per_minute: files of one address.
        upload_seconds: the time that a file may take on its way.
        sending_seconds: the time that a page may take for one message, a picture of at most 12 MiB.
        unsent_mib: what all pages together have not taken yet; then the slowest ones are cut off.
    """

    sessions: int = 200
    sessions_per_address: int = 60
    requests_per_second: int = 200
    requests_at_once: int = 15_000
    url_bytes: int = 16_384
    header_bytes: int = 32_768
    openings_per_minute: int = 120
    messages_per_second: int = 50
    messages_at_once: int = 200
    uploads_per_minute: int = 60
    upload_seconds: int = 60
    sending_seconds: int = 60
    unsent_mib: int = 64


@dataclass(frozen=True)
class Memory:
    """How much of the machine's memory the app may take.

    Attributes:
        machine_percent: of the machine's memory, or of what its container may have, for all processes together.
        web_mib: of that, for the process that serves the pages.
    """

    machine_percent: int = 60
    web_mib: int = 400


@dataclass(frozen=True)
class Uploads:
    """What a visitor may upload.

    Attributes:
        file_mib: one file.
        visitor_mib: what is kept for one open page: its files, and the arrays that were read from them.
        server_mib: the files of all open pages together; and the arrays that were read from them may take as much.
    """

    file_mib: int = 8
    visitor_mib: int = 32
    server_mib: int = 48


@dataclass(frozen=True)
class OwnCode:
    """Code that visitors type, and files of Keras that they upload.

    Attributes:
        mode: "off"; "confined": in a process with all walls, nowhere else; "trusted": without walls, which holds only
            if the server listens on loopback and was started with `layer-explorer run --trust-own-code`. Else it is
            "confined".
        seconds: how long one run may take. TensorFlow waits for 10 before it says that memory is short.
        machine_percent: of the machine's memory, or of what its container may have, beside [memory].
        waiting: how many runs may wait at a time; one more is told at once that the server is busy. Half of them may
            come from one address.
        waiting_of_one: how many of them may be one visitor's: a page asks for its picture, its checks, its trails.
    """

    mode: Literal["off", "confined", "trusted"] = "confined"
    seconds: int = 12
    machine_percent: int = 25
    waiting: int = 60
    waiting_of_one: int = 6


@dataclass(frozen=True)
class Settings:
    """The whole file."""

    server: Server = field(default_factory=Server)
    limits: Limits = field(default_factory=Limits)
    memory: Memory = field(default_factory=Memory)
    uploads: Uploads = field(default_factory=Uploads)
    own_code: OwnCode = field(default_factory=OwnCode)


def path_in_force() -> Path | None:
    """The file that is read; None if there is none, and none was named."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    return DEFAULT_PATH if DEFAULT_PATH is not None and DEFAULT_PATH.exists() else None


@functools.cache
def settings() -> Settings:
    """The settings of this process, read once.

    Raises:
        SettingsError: the file is missing although it was named, or holds what is not understood.
    """
    path = path_in_force()
    if path is None:
        return Settings()
    try:
        with path.open("rb") as file:
            text = file.read(MAX_FILE + 1)
        if len(text) > MAX_FILE:
            raise SettingsError(f"{path}: expected at most {MAX_FILE:,} bytes, received more.")
        return read(tomllib.loads(text.decode()))
    except (OSError, ValueError) as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        raise SettingsError(f"{path}: expected a readable TOML file, received: {error}") from error
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from error


def read(content: Mapping[str, Any]) -> Settings:
    """Settings from the tables of a file. An unknown name or a value of another type is refused."""
    _refuse_unknown("sections", content, Settings)
    sections = typing.get_type_hints(Settings)
    return Settings(**{name: _section(name, sections[name], table) for name, table in content.items()})


def _section(name: str, kind: type[_Section], table: Any) -> _Section:
    if not isinstance(table, Mapping):
        raise SettingsError(f"[{name}]: expected a section, received {table!r}.")
    _refuse_unknown(f"keys in [{name}]", table, kind)
    types = typing.get_type_hints(kind)
    return kind(**{key: _value(f"{key} in [{name}]", types[key], value) for key, value in table.items()})


def _value(name: str, kind: Any, value: Any) -> Any:
    if kind == tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        raise SettingsError(f"{name}: expected a list of texts, received {value!r}.")
    if typing.get_origin(kind) is Literal:
        words = typing.get_args(kind)
        if isinstance(value, str) and value in words:
            return value
        raise SettingsError(f"{name}: expected one of {', '.join(map(repr, words))}, received {value!r}.")
    if kind is bool and isinstance(value, bool):
        return value
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int and number and isinstance(value, int) and value > 0:
        return value
    if kind is float and number and 0 < value < float("inf"):
        return float(value)
    expected = {bool: "true or false", int: "a whole number above 0", float: "a number above 0"}[kind]
    raise SettingsError(f"{name}: expected {expected}, received {value!r}.")


def _refuse_unknown(what: str, given: Mapping[str, Any], kind: Any) -> None:
    known = [one.name for one in fields(kind)]
    if unknown := sorted(set(given) - set(known)):
        raise SettingsError(f"expected only the {what} {', '.join(known) or '(none)'}, received {', '.join(unknown)}.")
