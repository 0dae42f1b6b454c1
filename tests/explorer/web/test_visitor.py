"""Whose request it is: nobody can be somebody else, and a trusted proxy is believed exactly as far as it saw."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from explorer.settings import SettingsError
from explorer.web.visitor import Networks, counted, visitor

NONE = Networks(())
PROXY = Networks.of("proxies", ("10.0.0.1", "127.0.0.0/8"))


def scope(client: str | None, forwarded: list[str] | None = None, server: str = "192.168.0.9") -> dict[str, Any]:
    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded or []]
    return {"client": (client, 1234) if client else None, "server": (server, 8501), "headers": headers}


@pytest.mark.parametrize(
    ("given", "proxies", "expected"),
    [
        (scope("5.6.7.8"), NONE, "5.6.7.8"),
        (scope("5.6.7.8", ["1.1.1.1"]), NONE, "5.6.7.8"),
        (scope("5.6.7.8", ["1.1.1.1"]), PROXY, "5.6.7.8"),
        (scope("10.0.0.1", ["1.1.1.1"]), PROXY, "1.1.1.1"),
        (scope("10.0.0.1", ["9.9.9.9, 1.1.1.1"]), PROXY, "1.1.1.1"),  # the visitor wrote the first one
        (scope("10.0.0.1", ["9.9.9.9", "1.1.1.1"]), PROXY, "1.1.1.1"),
        (scope("10.0.0.1", ["1.1.1.1, 10.0.0.1"]), PROXY, "1.1.1.1"),
        (scope("10.0.0.1", ["nonsense"]), PROXY, "10.0.0.1"),
        (scope("10.0.0.1", ["1.1.1.1, nonsense"]), PROXY, "10.0.0.1"),
        (scope("10.0.0.1"), PROXY, "10.0.0.1"),
        (scope("::ffff:5.6.7.8"), NONE, "5.6.7.8"),
        # On loopback uvicorn has put what X-Forwarded-For says in the client's place; only a trusted proxy may say it.
        (scope("1.1.1.1", ["1.1.1.1"], server="127.0.0.1"), NONE, "127.0.0.1"),
        (scope("1.1.1.1", ["1.1.1.1"], server="127.0.0.1"), PROXY, "1.1.1.1"),
        (scope(None), NONE, "None"),
    ],
)
def test_the_address_that_limits_are_counted_by(given: dict[str, Any], proxies: Networks, expected: str) -> None:
    assert str(visitor(given, proxies)) == expected


def test_one_visitor_of_ipv6_is_a_network() -> None:
    assert counted(ipaddress.ip_address("2001:db8::1")) == counted(ipaddress.ip_address("2001:db8::ffff:1"))
    assert counted(ipaddress.ip_address("2001:db8::1")) != counted(ipaddress.ip_address("2001:db8:0:1::1"))


def test_a_network_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"proxies.*expected.*received"):
        Networks.of("proxies", ("proxy.example.org",))
