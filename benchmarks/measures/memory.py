"""The memory of the web process: at rest with one visitor, and what each further visitor takes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from benchmarks.figure import Figure, Goal, measure
from benchmarks.process import memory
from benchmarks.server import EXPLORER, running
from benchmarks.visitor import Visitor

SESSIONS = 30
CHANGES = 3
"""What each visitor does before the memory is read."""

REST = Goal("web process at rest, one visitor, resident memory", 150, "MiB")
SESSION = Goal("each further visitor", 1, "MiB")


def run() -> Iterator[Figure]:
    """Open one page, then many more that stay open."""
    with running(EXPLORER) as server:
        (resting, shared), after, before = asyncio.run(_sessions(server.port, server.pid))
    yield Figure(REST, resting, f"{resting:.0f} MiB resident, {shared:.0f} MiB proportional")
    words = f"{SESSIONS} visitors took {after - before:.1f} MiB"
    yield Figure(SESSION, (after - before) / SESSIONS, words)


async def _sessions(port: int, pid: int) -> tuple[tuple[float, float], float, float]:
    visitors = [await _visitor(port, 0)]
    await asyncio.sleep(1)
    resting = memory(pid)
    visitors += [await _visitor(port, number) for number in (1, 2)]  # fills what is filled once
    before, _ = memory(pid)
    visitors += [await _visitor(port, 3 + number) for number in range(SESSIONS)]
    await asyncio.sleep(1)
    after, _ = memory(pid)
    await asyncio.gather(*(visitor.close() for visitor in visitors))
    return resting, after, before


async def _visitor(port: int, number: int) -> Visitor:
    """A visitor who has changed a number some times and stays."""
    visitor = Visitor(port, {"layer": "linear", "seed": str(number)})
    await visitor.open()
    for width in range(5, 5 + CHANGES):
        await visitor.timed("units", width)
    return visitor


measure("memory", 60, (REST, SESSION), run)
