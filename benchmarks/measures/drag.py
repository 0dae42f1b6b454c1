"""A number is dragged in the flow, and cells are pointed at: from the pointer's event to the end of its frame.

Everything behind the number is computed in the browser and drawn in that frame; no server is asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page

from benchmarks.chromium import chromium, new_page, sent_by, settle
from benchmarks.figure import Figure, Goal, measure
from benchmarks.measures.hover import FRAMES
from benchmarks.server import EXPLORER, running
from benchmarks.statistic import percentile

MOVES = 60
PACE = 20
"""Milliseconds between two moves: a frame has ended by then."""
LAYERS: dict[str, dict[str, Any]] = {
    "CenterZero": {"layer": "center_zero"},
    "Linear": {"layer": "linear"},
    "Attention": {"layer": "attention"},
    "Conv2D 28x28": {"layer": "keras.layers.Conv2D", "inputs": [{"kind": "image", "shape": [1, 28, 28, 1]}]},
    "MultiHeadAttention (2, 16, 32)": {
        "layer": "keras.layers.MultiHeadAttention",
        "inputs": [{"kind": "normal", "shape": [2, 16, 32]}, {"kind": "normal", "shape": [2, 16, 32]}],
    },
    "LSTM over 20 steps": {"layer": "keras.layers.LSTM", "inputs": [{"kind": "normal", "shape": [2, 20, 3]}]},
}
MIDDLE = Goal("drag of a cell → end of the frame that shows all of it: the slowest layer's median", 12, "ms")
LATE = Goal("the same, the slowest layer's p95", 16, "ms")
LIT = Goal("pointing at a cell → end of the frame in which its sources are lit: the slowest layer's p95", 16, "ms")
SILENT = Goal("messages to the server while dragging and pointing", 0, "messages")


def run() -> Iterator[Figure]:
    """Drag one cell of each layer's input up and down, and move over all cells."""
    messages = 0
    middle, late, lit = {}, {}, {}
    with running(EXPLORER) as server, chromium() as browser:
        for name, link in LAYERS.items():
            dragged, pointed, sent = _frames(browser, server.address, link)
            messages += sent
            middle[name], late[name] = percentile(dragged, 50), percentile(dragged, 95)
            lit[name] = percentile(pointed, 95)
    for goal, found in ((MIDDLE, middle), (LATE, late), (LIT, lit)):
        yield Figure(goal, max(found.values()), ", ".join(f"{name} {value:.1f}" for name, value in found.items()))
    yield Figure(SILENT, messages, f"{len(LAYERS)} layers")


def _frames(browser: Browser, address: str, link: dict[str, Any]) -> tuple[list[float], list[float], int]:
    """What each frame of a drag took, each frame of pointing, and how many messages were sent meanwhile."""
    page = new_page(browser)
    page.add_init_script(path=FRAMES)
    sent = sent_by(page)
    query = urlencode({key: value if isinstance(value, str) else json.dumps(value) for key, value in link.items()})
    page.goto(f"{address}/explore?{query}")
    settle(page, "[data-testid=flow][data-painted]")
    page.locator("[data-testid=flow]").hover(position={"x": 4, "y": 4})
    page.locator("[data-testid=flow][data-live=live]").wait_for()
    page.wait_for_timeout(1500)
    places = _places(page)
    x, y = next((x, y) for x, y, over in places if over == "number")
    sent.clear()
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate("window.frameTimes.record()")
    for move in range(MOVES):
        page.mouse.move(x + move % 2, y - 6 - abs(30 - move))
        page.wait_for_timeout(PACE)
    page.wait_for_timeout(50)
    dragged = [frame["painted"] for frame in page.evaluate("window.frameTimes.stop()")]
    held = page.locator("[data-testid=flow]").get_attribute("data-hand")
    page.keyboard.press("Escape")
    messages = len(sent)
    page.mouse.up()
    page.wait_for_timeout(1500)
    sent.clear()
    page.evaluate("window.frameTimes.record()")
    for move in range(MOVES):
        x, y, _ = places[move * len(places) // MOVES]
        page.mouse.move(x, y)
        page.wait_for_timeout(PACE)
    pointed = [frame["painted"] for frame in page.evaluate("window.frameTimes.stop()")]
    messages += len(sent)
    page.context.close()
    if not held or min(len(dragged), len(pointed)) < MOVES // 3:
        raise RuntimeError(
            f"Expected a frame a move. Received: {len(dragged)} and {len(pointed)}, in the hand {held!r}"
        )
    return dragged, pointed, messages


def _places(page: Page) -> list[tuple[float, float, str]]:
    """Places of the stage that answer the pointer, from the left, and what is there."""
    canvas = page.locator("[data-testid=flow] canvas").first
    box = canvas.bounding_box()
    assert box
    found = []
    for across in range(12, int(box["width"]), 29):
        for down in range(20, int(box["height"]), 23):
            x, y = box["x"] + across, box["y"] + down
            page.mouse.move(x, y)
            over = canvas.get_attribute("data-over")
            if over:
                found.append((x, y, over))
    return found


measure("drag", 24, (MIDDLE, LATE, LIT, SILENT), run)
