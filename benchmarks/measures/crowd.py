"""Twenty visitors change a number at once: nineteen websocket clients that take every byte, and one Chromium page.

Each client sends its next change a quarter of a second after its last run ended, in step with nobody. A client's time
ends when the stage's new bytes are there; the browser's when its picture is painted.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

from benchmarks.chromium import chromium, step, visit
from benchmarks.figure import Figure, Goal, measure
from benchmarks.server import EXPLORER, running
from benchmarks.statistic import median, milliseconds, percentile
from benchmarks.visitor import PATIENCE, Visitor, now

VISITORS = 20
SECONDS = 10.0
THINKING = 0.25

P95 = Goal(f"{VISITORS} visitors change a number at once: change → new bytes, p95", 1.0, "s")
BROWSER = Goal(f"the Chromium page among the {VISITORS}: change → painted, p95", 1.0, "s")
FAIR = Goal("the slowest of them: its median against the median of all", 2.0, "x")


def run() -> Iterator[Figure]:
    """Let them all change their numbers for some seconds."""
    with running(EXPLORER) as server, chromium() as browser:
        drawn = "[data-testid=flow][data-painted]"
        page = visit(browser, f"{server.address}/explore?layer=linear&seed=999", drawn)
        times: list[list[float]] = []
        ready, over = threading.Event(), threading.Event()
        thread = threading.Thread(target=lambda: times.extend(asyncio.run(_crowd(server.port, ready, over))))
        thread.start()
        painted: list[float] = []
        try:
            ready.wait(PATIENCE)
            while not over.is_set():
                painted.append(step(page, "stage", "p_linear_units", shape=f"2,{5 + len(painted)}"))
                page.wait_for_timeout(1000 * THINKING)
        finally:
            over.set()
            thread.join(PATIENCE)
    if len(times) < VISITORS - 1 or not all(times):
        raise RuntimeError(f"Expected pictures for {VISITORS - 1} visitors. Received: {len([t for t in times if t])}")
    together = [time for one in times for time in one]
    slowest = max(median(one) for one in times)
    fewest, most = min(map(len, times)), max(map(len, times))
    words = f"{milliseconds(together)}; {len(together)} changes, {fewest} to {most} a visitor"
    yield Figure(P95, percentile(together, 95) / 1000, words)
    yield Figure(BROWSER, percentile(painted, 95) / 1000, f"{milliseconds(painted)}; {len(painted)} changes")
    yield Figure(FAIR, slowest / median(together), f"{slowest:.0f} ms", f"{median(together):.0f} ms")


async def _crowd(port: int, ready: threading.Event, over: threading.Event) -> list[list[float]]:
    """The clients' times, one list a client."""
    visitors = [Visitor(port, {"layer": "linear", "seed": str(number)}) for number in range(1, VISITORS)]
    await asyncio.gather(*(visitor.open() for visitor in visitors))
    ready.set()
    begun = now()
    try:
        async with asyncio.timeout(SECONDS + PATIENCE):
            return await asyncio.gather(
                *(_drag(v, i * THINKING / VISITORS, begun + 1000 * SECONDS) for i, v in enumerate(visitors))
            )
    finally:
        over.set()
        await asyncio.gather(*(visitor.close() for visitor in visitors))


async def _drag(visitor: Visitor, delay: float, end: float) -> list[float]:
    """Change the number again and again; milliseconds from each change to its picture."""
    await asyncio.sleep(delay)
    times: list[float] = []
    while now() < end:
        times.append(await visitor.timed("units", 5 + len(times)))
        await asyncio.sleep(THINKING)
    return times


measure("crowd", 50, (P95, BROWSER, FAIR), run)
