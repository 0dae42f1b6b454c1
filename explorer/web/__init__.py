"""The server's front door: what every request passes before the app sees it.

`names` says which hosts and origins are the server's own, `visitor` whose request it is, `rates` how much one visitor
may ask for, `requests` which requests are understood, `headers` what every answer carries, `sending` how much waits for
a page, `files` which uploads are kept; `door` puts them together.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from starlette.middleware import Middleware
from streamlit import config
from streamlit.runtime import Runtime, runtime_util

from explorer.settings import Settings
from explorer.web.door import Door
from explorer.web.files import BoundedFiles

MAX_PICTURE = 32_000_000
"""Bytes of one message to a page. The stage sends less."""


def limit_streamlit(settings: Settings) -> None:
    """Give Streamlit the settings that it keeps itself.

    It has one limit for messages in both directions, `server.maxMessageSize`. The server has taken it by now for what
    a page may send, which it holds in memory whole; what a page may get, a picture, is larger.
    """
    config.set_option("server.maxUploadSize", settings.uploads.file_mib)
    BoundedFiles.bound(Runtime.instance()._uploaded_file_mgr, settings.uploads)
    runtime_util._max_message_size_bytes = MAX_PICTURE


def listens_on_loopback() -> bool:
    """Whether the server can only be reached from its own machine, as far as the address that it listens on says."""
    address = str(config.get_option("server.address") or "")
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return address == "localhost"


def middleware(settings: Settings, left: Callable[[], None]) -> list[Middleware]:
    """The middleware for `st.App(..., middleware=...)`; `left` is called when a page's connection has ended.

    Raises:
        SettingsError: an address or a network in the settings cannot be read.
    """
    return [Middleware(Door, rules=Door.rules(settings), left=left)]
