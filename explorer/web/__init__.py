"""The server's front door: what every request passes before the app sees it.

`names` says which hosts and origins are the server's own, `visitor` whose request it is, `rates` how much one visitor
may ask for, `headers` what every answer carries, and `door` puts them together.
"""

from __future__ import annotations

from starlette.middleware import Middleware

from explorer.settings import Settings
from explorer.web.door import Door


def middleware(settings: Settings) -> list[Middleware]:
    """The middleware for `st.App(..., middleware=...)`.

    Raises:
        SettingsError: an address or a network in the settings cannot be read.
    """
    return [Middleware(Door, rules=Door.rules(settings))]
