"""What the process of the tests may do. Root of a container may not do all that root may."""

from __future__ import annotations

import re
from pathlib import Path

_CAP_SYS_NICE = 23


def may_hurry() -> bool:
    """Whether this process may raise priorities."""
    (capabilities,) = re.findall(r"^CapEff:\s*(\w+)$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return bool(int(capabilities, 16) >> _CAP_SYS_NICE & 1)
