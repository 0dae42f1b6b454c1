"""The product's own jobs, and one that tampers with what they share. Runs in workers."""

from __future__ import annotations

import os
from typing import Any

from explorer.core import jobs
from explorer.core.jobs import remember as remember
from explorer.core.jobs import warm_up as warm_up


def perform(name: str, args: dict[str, Any], arrays: dict[str, Any], report: Any) -> tuple[dict[str, Any], Any]:
    """A job of the product, or `tamper`."""
    if name != "tamper":
        meta, found = jobs.perform(name, {k: v for k, v in args.items() if k != "nonce"}, arrays, report)
        return {**meta, "pid": os.getpid()}, found
    from tests.explorer.core.tampering import TAMPERINGS

    TAMPERINGS[args["how"]]()
    return {"pid": os.getpid()}, {}
