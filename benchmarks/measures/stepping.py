"""Stepping through the flow at 100x100: what the page's script takes for each frame. No server is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlencode

from benchmarks.chromium import chromium, new_page, sent_by, settle
from benchmarks.figure import Figure, Goal, measure
from benchmarks.measures.hover import FRAMES, SIZE
from benchmarks.server import EXPLORER, running
from benchmarks.statistic import milliseconds, percentile

STEPS = 100
HELD = 33
"""Milliseconds between two steps: a key that is held down repeats about so often."""

SCRIPT = Goal(f"stepping through a call at {SIZE}x{SIZE}: script per frame, p95", 16, "ms")
SILENT = Goal("messages to the server while stepping through a call", 0, "messages")


def run() -> Iterator[Figure]:
    """Step to and fro between the product and the sum of Linear, each with two operands of that size."""
    recipe = {"kind": "normal", "shape": [SIZE, SIZE]}
    link = {"layer": "linear", "params": json.dumps({"units": SIZE}), "inputs": json.dumps([recipe])}
    with running(EXPLORER) as server, chromium() as browser:
        page = new_page(browser)
        page.add_init_script(path=FRAMES)
        sent = sent_by(page)
        page.goto(f"{server.address}/explore?{urlencode(link)}")
        settle(page, "[data-testid=flow][data-painted]")
        page.wait_for_timeout(1500)
        flow = page.locator("[data-testid=flow]")
        flow.focus()
        page.keyboard.press("Home")
        places = set()
        sent.clear()
        page.evaluate("window.frameTimes.record()")
        for turn in range(STEPS):
            page.keyboard.press("ArrowLeft" if turn % 2 else "ArrowRight")
            page.wait_for_timeout(HELD)
            if turn < 2:
                places.add(flow.get_attribute("data-at"))
        page.wait_for_timeout(100)
        frames: list[dict[str, float]] = page.evaluate("window.frameTimes.stop()")
        messages = len(sent)
    if len(places) != 2 or len(frames) < STEPS // 2:
        raise RuntimeError(f"Expected a frame a step. Received: {len(frames)} frames at {places}")
    script = [frame["script"] for frame in frames]
    yield Figure(SCRIPT, percentile(script, 95), f"{milliseconds(script)}, {len(script)} frames")
    yield Figure(SILENT, messages, f"{len(frames)} frames")


measure("stepping", 22, (SCRIPT, SILENT), run)
