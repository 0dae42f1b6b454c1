"""Touch a cell -> its trail is drawn: from the key to the end of the frame that shows the answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlencode

from playwright.sync_api import Browser

import layers
from benchmarks.chromium import chromium, new_page, settle
from benchmarks.figure import Figure, Goal, measure
from benchmarks.server import EXPLORER, running
from benchmarks.statistic import median, milliseconds

TOUCHES = 8
WARM_UP = 2
PAUSE = 200
"""Milliseconds between two touches: a hand is not faster."""
LARGE = (
    ("keras.layers.LSTM", [{"kind": "normal", "shape": [2, 50, 8]}], {"units": 16}),
    (
        "keras.layers.MultiHeadAttention",
        [{"kind": "normal", "shape": [2, 64, 64]}, {"kind": "normal", "shape": [2, 64, 64]}],
        {"num_heads": 4, "key_dim": 16},
    ),
)

CATALOGUE = Goal("a cell is touched → its trail is drawn, median over the catalogue", 150, "ms")
LONG = Goal("a cell is touched → its trail is drawn: LSTM over 50 steps", 1000, "ms")
WIDE = Goal("a cell is touched → its trail is drawn: MultiHeadAttention on (2, 64, 64)", 1000, "ms")

_LISTEN = """() => {
  const sum = window.stopwatch.find("[data-testid=arithmetic]")
  window.touched = []
  let from = 0
  document.addEventListener("keydown", ({ key, timeStamp }) => { if (key === "Enter") from = timeStamp }, true)
  new MutationObserver(() => {
    const began = from
    if (began) requestAnimationFrame(() => setTimeout(() => window.touched.push(performance.now() - began)))
    from = 0
  }).observe(sum, { attributes: true, attributeFilter: ["data-cell"] })
}"""


def run() -> Iterator[Figure]:
    """Touch the outputs of every layer of the catalogue, then of two large ones."""
    cards = [card for card in layers.catalogue().values() if not card.symbolic]
    with running(EXPLORER) as server, chromium() as browser:
        times = {card.id: _touches(browser, f"{server.address}/explore?layer={card.id}") for card in cards}
        each = {name: median(values) for name, values in times.items()}
        slowest = max(each, key=lambda name: each[name])
        spread = f"{milliseconds(list(each.values()))}, {len(each)} layers; most: {slowest} {each[slowest]:.0f} ms"
        yield Figure(CATALOGUE, median(list(each.values())), spread)
        for goal, (layer, inputs, params) in zip((LONG, WIDE), LARGE, strict=True):
            query = urlencode({"layer": layer, "inputs": json.dumps(inputs), "params": json.dumps(params)})
            values = _touches(browser, f"{server.address}/explore?{query}")
            yield Figure(goal, median(values), milliseconds(values))


def _touches(browser: Browser, address: str) -> list[float]:
    """Milliseconds of each touch. Every cell is another one: no answer comes from a cache."""
    page = new_page(browser)
    page.goto(address)
    settle(page, "[data-testid=flow][data-painted]")
    page.wait_for_timeout(500)
    page.evaluate(_LISTEN)
    page.locator("[data-does=lens]").click()
    page.locator("[data-open='output:0']").click()
    card = page.locator("article[data-tensor='output:0']").first
    shape = [int(size) for size in (card.get_attribute("data-shape") or "").split(",") if size]
    rows, columns = ([1, 1, *shape])[-2:]
    cells = [(row, column) for row in range(rows) for column in range(columns)][: WARM_UP + TOUCHES]
    overlay = card.locator("canvas.overlay")
    overlay.focus()
    for count, (row, column) in enumerate(cells, start=1):
        for key in ("Control+Home", "Control+Home", *["ArrowDown"] * row, *["ArrowRight"] * column):
            page.keyboard.press(key)
        page.wait_for_timeout(PAUSE)
        page.keyboard.press("Enter")
        page.wait_for_function("count => window.touched.length === count", arg=count)
    times: list[float] = page.evaluate("window.touched")
    page.context.close()
    return times[min(WARM_UP, len(times) - 1) :]


measure("touch", 25, (CATALOGUE, LONG, WIDE), run)
