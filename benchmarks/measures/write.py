"""A reader changes a line of their own layer and runs it: until the new picture is painted, in Chromium."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

from benchmarks.chromium import chromium, paste, visit
from benchmarks.figure import Figure, Goal, measure
from benchmarks.server import EXPLORER, running
from benchmarks.statistic import median, milliseconds

REPEATS = 20
WARM_UP = 3
PAUSE = 1500
"""Milliseconds between two runs: nobody types faster."""
CODE = """import keras


class Scaled(keras.layers.Layer):
    def call(self, inputs):
        moved = inputs + {number}
        return keras.ops.tanh(moved)
"""
SEEN = Goal("a small layer of the reader's own: run → painted", 300, "ms")

_RUN = """(element, number) => new Promise((done, failed) => {
  const flow = window.stopwatch.find("[data-testid=flow]")
  const begun = performance.now()
  const look = () => {
    if (flow.textContent.includes(number)) done(performance.now() - begun)
    else if (performance.now() - begun > 20000) failed(new Error("nothing was painted"))
    else requestAnimationFrame(look)
  }
  element.dispatchEvent(
    new KeyboardEvent("keydown", { key: "Enter", code: "Enter", keyCode: 13, ctrlKey: true, bubbles: true }))
  look()
})"""


def run() -> Iterator[Figure]:
    """Change the number in the code, and run it with the keys; the source beside the flow shows the new one."""
    with running(EXPLORER) as server, chromium() as browser:
        page = visit(browser, f"{server.address}/write", "[data-testid=flow][data-painted]")
        page.wait_for_timeout(PAUSE)
        elapsed = [_changed(page, 1000 + number) for number in range(WARM_UP + REPEATS)][WARM_UP:]
    yield Figure(SEEN, median(elapsed), milliseconds(elapsed))


def _changed(page: Page, number: int) -> float:
    editor = page.locator(".st-key-editor .cm-content")
    paste(editor, CODE.format(number=number))
    page.wait_for_timeout(100)
    elapsed: float = editor.evaluate(_RUN, str(number))
    page.wait_for_timeout(PAUSE)
    return elapsed


measure("write", 34, (SEEN,), run)
