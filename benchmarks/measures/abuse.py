"""One visitor changes a number, alone and then beside five who open one of the heaviest links after the other.

The five are a process of their own, as their computers would be, and give way to the server that is measured: what
they need to read the pictures that they ask for is no part of what the one visitor waits for. Linux weighs sessions
before it weighs their processes, so the process has a session of its own, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figure import Figure, Goal, measure
from benchmarks.server import EXPLORER, running
from benchmarks.statistic import milliseconds, percentile
from benchmarks.visitor import Visitor
from tests.hostile.heavy import HEAVY

ABUSERS = 5
CHANGES = 120
THINKING = 0.25

BESIDE = Goal(f"a visitor beside {ABUSERS} abusers: change → new bytes, p95 against without them", 2, "x")


def run() -> Iterator[Figure]:
    """measure the same visitor without the others and with them."""
    with running(EXPLORER) as server:
        alone, beside = asyncio.run(_both(server.port))
    ratio = percentile(beside, 95) / percentile(alone, 95)
    yield Figure(BESIDE, ratio, milliseconds(beside), f"alone {milliseconds(alone)}")


async def _both(port: int) -> tuple[list[float], list[float]]:
    visitor = Visitor(port, {"layer": "linear"})
    await visitor.open()
    alone = await _changes(visitor, 5)
    abusers = multiprocessing.get_context("spawn").Process(target=_abuse_all, args=(port,), daemon=True)
    abusers.start()
    try:
        await asyncio.sleep(5)
        beside = await _changes(visitor, 5 + CHANGES)
        if not abusers.is_alive():
            raise RuntimeError("Expected abusers until the last change. Received: their process had ended.")
    finally:
        abusers.terminate()
        abusers.join()
    await visitor.close()
    return alone, beside


def _abuse_all(port: int) -> None:
    os.setsid()
    os.nice(19)
    with contextlib.suppress(OSError):  # not Linux, or without automatic groups
        Path("/proc/self/autogroup").write_text("19")
    links = itertools.cycle(HEAVY)

    async def all_of_them() -> None:
        await asyncio.gather(*(_abuse(port, links) for _ in range(ABUSERS)))

    asyncio.run(all_of_them())


async def _changes(visitor: Visitor, first: int) -> list[float]:
    times = []
    for width in range(first, first + CHANGES):
        times.append(await visitor.timed("units", width))
        await asyncio.sleep(THINKING)
    return times


async def _abuse(port: int, links: Iterator[dict[str, str]]) -> None:
    for seed in itertools.count():  # another seed each time: nothing comes from a cache
        visitor = Visitor(port, {**next(links), "seed": str(seed)})
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(60):
                await visitor.ask()
                await visitor.answered()
        await visitor.close()


measure("abuse", 55, (BESIDE,), run)
