"""The heaviest links of the hostile corpus, one after the other and eight at once: what memory they take, and keep."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

from benchmarks.figure import Figure, Goal, measure
from benchmarks.process import MEBIBYTE, memory, together
from benchmarks.server import EXPLORER, running
from benchmarks.visitor import Visitor
from explorer.engine.memory import machine
from tests.hostile.heavy import HEAVY

AT_ONCE = 8
STARTED = 15.0
"""Seconds after which the engine has as many workers as it keeps."""
LATER = 60.0

WEB = Goal("heaviest links, one by one and eight at once: web process, most", 400, "MiB")
ALL = Goal("all processes together, most: 60 % of the machine", round(0.6 * machine() / MEBIBYTE), "MiB")
REST = Goal("all processes a minute later, against before", 1.1, "x")


def run() -> Iterator[Figure]:
    """Visit them all, and look at the memory all the while."""
    with running(EXPLORER) as server:
        web, every, before, after = asyncio.run(_visits(server.port, server.pid))
    yield Figure(WEB, web, f"{len(HEAVY)} links, {web:.0f} MiB resident")
    yield Figure(ALL, every, f"{every:.0f} MiB proportional")
    yield Figure(REST, after / before, f"{after:.0f} MiB", f"{before:.0f} MiB")


async def _visits(port: int, pid: int) -> tuple[float, float, float, float]:
    first = Visitor(port, {"layer": "linear"})
    await first.open()
    await asyncio.sleep(STARTED)
    before = together(pid)
    async with _watched(pid) as most:
        for query in HEAVY:
            await _visit(port, query)
        for start in range(0, len(HEAVY), AT_ONCE):
            await asyncio.gather(*(_visit(port, query) for query in HEAVY[start : start + AT_ONCE]))
    await asyncio.sleep(LATER)
    after = together(pid)
    await first.close()
    return most["web"], most["all"], before, after


async def _visit(port: int, query: dict[str, str]) -> None:
    visitor = Visitor(port, query)
    await visitor.ask()
    try:
        async with asyncio.timeout(120):
            await visitor.answered()
    finally:
        await visitor.close()


@contextlib.asynccontextmanager
async def _watched(pid: int) -> AsyncIterator[dict[str, float]]:
    """The most that the web process, and all together, have had so far."""
    most = {"web": 0.0, "all": 0.0}

    async def watch() -> None:
        while True:
            most["web"], most["all"] = max(most["web"], memory(pid)[0]), max(most["all"], together(pid))
            await asyncio.sleep(0.05)

    task = asyncio.create_task(watch())
    try:
        yield most
    finally:
        task.cancel()


measure("heavy", 62, (WEB, ALL, REST), run)
