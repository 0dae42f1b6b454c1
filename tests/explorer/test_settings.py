"""The settings file: defaults without it, every key typed, and nothing taken silently that is not understood."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from explorer import settings
from explorer.engine import configuration
from explorer.settings import Settings, SettingsError, read


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    settings.settings.cache_clear()
    yield
    settings.settings.cache_clear()


def test_without_a_file_the_defaults_hold() -> None:
    assert read({}) == Settings()


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "other.toml"
    path.write_text('[server]\naddresses = ["https://layers.example.org"]\n[limits]\nsessions = 7\n')
    monkeypatch.setenv(settings.VARIABLE, str(path))
    found = settings.settings()
    assert found.server.addresses == ("https://layers.example.org",)
    assert found.limits.sessions == 7
    assert found.limits.url_bytes == Settings().limits.url_bytes
    assert found.uploads == Settings().uploads


@pytest.mark.parametrize(
    ("content", "expected", "received"),
    [
        ({"sever": {}}, "server", "sever"),
        ({"limits": 3}, "a section", "3"),
        ({"limits": {"session": 3}}, "sessions", "session"),
        ({"limits": {"sessions": "3"}}, "a whole number above 0", "'3'"),
        ({"limits": {"sessions": 0}}, "a whole number above 0", "0"),
        ({"limits": {"sessions": True}}, "a whole number above 0", "True"),
        ({"limits": {"sessions": 2.5}}, "a whole number above 0", "2.5"),
        ({"server": {"addresses": "https://a.example"}}, "a list of texts", "https://a.example"),
        ({"server": {"proxies": [1]}}, "a list of texts", "[1]"),
    ],
)
def test_what_is_not_understood_is_refused(content: dict[str, Any], expected: str, received: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        read(content)
    before, after = str(refusal.value).split("received")
    assert expected in before
    assert received in after


@pytest.mark.parametrize("text", [None, b"[server", b"\xff\xfe", b"#" * (settings.MAX_FILE + 1), b"[limits]\nx = 1\n"])
def test_a_file_that_cannot_be_followed_is_named(
    text: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "server.toml"
    if text is not None:
        path.write_bytes(text)
    monkeypatch.setenv(settings.VARIABLE, str(path))
    with pytest.raises(SettingsError, match=r"server\.toml"):
        settings.settings()


def test_a_worker_reads_the_same_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.VARIABLE, "elsewhere.toml")
    assert configuration.environment()[settings.VARIABLE] == "elsewhere.toml"
