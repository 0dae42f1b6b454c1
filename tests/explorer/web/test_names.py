"""Hosts and origins: the server's own, however they are spelt, and nothing that only looks like them."""

from __future__ import annotations

import pytest
from streamlit import config

from explorer.settings import SettingsError
from explorer.web import listens_on_loopback
from explorer.web.names import Names

NAMES = Names.of(("https://layers.example.org", "http://10.1.2.3:8501/"))


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8501",
        "127.0.0.1:8501",
        "127.9.9.9",
        "[::1]:8501",
        "layers.example.org",
        "LAYERS.example.org:443",
        "layers.example.org.",
        "10.1.2.3:8501",
        "10.1.2.3",
    ],
)
def test_own_hosts(host: str) -> None:
    assert NAMES.host(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "layers.example.org.evil.example",
        "evil.example/layers.example.org",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "user@localhost",
        "localhost:8501@evil.example",
        "localhost#evil",
        "localhost?x",
        "localhost\\evil",
        "https://layers.example.org",
        "localhost:99999999",
        "localhost:x",
        "[::1",
        "localhost, evil",
        "locаlhost",
        "2130706433",
        "0x7f.1",
        "0.0.0.0",
        "local host",
        "10.1.2.4",
    ],
)
def test_foreign_hosts(host: str) -> None:
    assert not NAMES.host(host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:8501", "localhost:8501"),
        ("http://127.0.0.1:8501", "127.0.0.1:8501"),
        ("http://[::1]:8501", "[::1]:8501"),
        ("http://localhost", "localhost"),
        ("https://layers.example.org", "layers.example.org"),
        ("https://layers.example.org:443", "127.0.0.1:8501"),  # a proxy that names us by our inner address
        ("http://10.1.2.3:8501", "10.1.2.3:8501"),
    ],
)
def test_own_origins(origin: str, host: str) -> None:
    assert NAMES.origin(origin, host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("null", "localhost:8501"),
        ("", "localhost:8501"),
        ("http://localhost:3000", "localhost:8501"),  # another server of the same machine
        ("http://127.0.0.1:8501", "localhost:8501"),
        ("https://evil.example", "layers.example.org"),
        ("http://evil.example", "evil.example"),  # a foreign name that was made to point here
        ("http://layers.example.org", "layers.example.org"),  # not encrypted: anyone on the way may have written it
        ("https://layers.example.org:8443", "layers.example.org"),
        ("https://layers.example.org.evil.example", "layers.example.org"),
        ("https://layers.example.org@evil.example", "layers.example.org"),
        ("file://layers.example.org", "layers.example.org"),
        ("layers.example.org", "layers.example.org"),
    ],
)
def test_foreign_origins(origin: str, host: str) -> None:
    assert not NAMES.origin(origin, host)


@pytest.mark.parametrize("address", ["layers.example.org", "ftp://layers.example.org", "https://a/b", "https://", "*"])
def test_an_address_of_the_operator_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match="expected addresses like"):
        Names.of((address,))


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        *((own, True) for own in ("127.0.0.1", "localhost", "::1", "[::1]", "127.8.8.8")),
        *((other, False) for other in ("0.0.0.0", "::", "192.168.1.5", "localhost.example.org", "", None)),
    ],
)
def test_only_loopback_is_the_own_machine(address: str | None, loopback: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "get_option", {"server.address": address}.__getitem__)
    assert listens_on_loopback() is loopback
