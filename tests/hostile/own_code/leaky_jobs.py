"""The same jobs behind walls of which one lets everything through."""

from __future__ import annotations

from explorer.engine.processes import kernel
from tests.hostile.own_code.jobs import perform, warm_up

__all__ = ["perform", "warm_up"]

kernel.allow_only_listed_calls = lambda: None  # the template imports this, so its workers find it so
