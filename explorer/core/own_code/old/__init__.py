"""Old code, recognised from its text alone: none of it is run."""

from __future__ import annotations

from explorer.core.own_code.old.found import findings, fixes

__all__ = ["findings", "fixes"]
