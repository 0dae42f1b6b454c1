"""How much memory a process has."""

from __future__ import annotations

from pathlib import Path

MEBIBYTE = 1 << 20


def memory(pid: int | str = "self") -> tuple[float, float]:
    """Resident and proportional memory in MiB. Proportional: what is shared with other processes is divided by them.

    Raises:
        OSError: on a system without /proc.
    """
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return _mebibytes(fields["Rss"]), _mebibytes(fields["Pss"])


def _mebibytes(field: str) -> float:
    return int(field.split()[0]) * 1024 / MEBIBYTE
