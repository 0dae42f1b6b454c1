"""Hovering and stepping over a 100x100 picture: what the page's script takes for each frame. No server is asked.

Real pointer moves and key presses go through the browser. Script time is that of the event's listeners and of the
animation frame that follows; a second figure is the time from the event to the end of the frame that shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Page

from benchmarks.chromium import chromium, new_page, sent_by, settle
from benchmarks.figure import Figure, Goal, measure
from benchmarks.server import EXPLORER, running
from benchmarks.statistic import milliseconds, percentile

SIZE = 100
MOVES = 150
CARD = "article[data-role=output]"
FRAMES = Path(__file__).parents[1] / "page" / "frames.js"

HOVER = Goal(f"hovering over {SIZE}x{SIZE}: script per frame, p95", 16, "ms")
STEP = Goal(f"stepping through {SIZE}x{SIZE} with the arrow keys: script per frame, p95", 16, "ms")
SHOWN = Goal(f"hovering over {SIZE}x{SIZE}: pointer event → end of the frame that shows it, p95", 16, "ms")
SILENT = Goal("messages to the server while hovering and stepping", 0, "messages")


def run() -> Iterator[Figure]:
    """Move over the output of CenterZero."""
    query = urlencode({"layer": "center_zero", "inputs": json.dumps([{"kind": "arange", "shape": [SIZE, SIZE]}])})
    with running(EXPLORER) as server, chromium() as browser:
        page = new_page(browser)
        page.add_init_script(path=FRAMES)
        sent = sent_by(page)
        page.goto(f"{server.address}/explore?{query}")
        settle(page, "[data-testid=flow][data-painted]")
        page.locator("[data-does=lens]").click()
        page.wait_for_timeout(1000)
        canvas = page.locator(f"{CARD} canvas.overlay").first
        canvas.scroll_into_view_if_needed()
        page.wait_for_timeout(300)
        sent.clear()
        hovered = _recorded(page, lambda: _hover(page, canvas.bounding_box()))
        canvas.focus()
        stepped = _recorded(page, lambda: _step(page))
        readout = page.locator(f"{CARD} [data-readout] .value").first.inner_text()
        messages = len(sent)
    if not readout or min(len(hovered), len(stepped)) < MOVES // 3:
        raise RuntimeError(f"Expected a frame a move. Received: {len(hovered)} and {len(stepped)}, readout {readout!r}")
    for goal, frames in ((HOVER, hovered), (STEP, stepped)):
        script = [frame["script"] for frame in frames]
        yield Figure(goal, percentile(script, 95), f"{milliseconds(script)}, {len(script)} frames")
    shown = [frame["painted"] for frame in hovered]
    yield Figure(SHOWN, percentile(shown, 95), milliseconds(shown))
    yield Figure(SILENT, messages, f"{len(hovered) + len(stepped)} frames")


def _recorded(page: Page, act: Any) -> list[dict[str, float]]:
    page.evaluate("window.frameTimes.record()")
    act()
    page.wait_for_timeout(100)
    frames: list[dict[str, float]] = page.evaluate("window.frameTimes.stop()")
    return frames


def _hover(page: Page, box: Any) -> None:
    """From corner to corner and back in a zigzag, a cell or so at a time."""
    for move in range(MOVES):
        across, down = (move * 7 % MOVES) / MOVES, move / MOVES
        page.mouse.move(box["x"] + box["width"] * (0.15 + 0.7 * across), box["y"] + box["height"] * (0.1 + 0.75 * down))


def _step(page: Page) -> None:
    for move in range(MOVES):
        page.keyboard.press("ArrowRight" if move % 2 else "ArrowDown")
        page.evaluate("() => new Promise(requestAnimationFrame)")  # one step a frame, as a held key makes at most


measure("hover", 20, (HOVER, STEP, SHOWN, SILENT), run)
