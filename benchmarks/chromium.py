"""A headless Chromium, and pages that carry the stopwatch."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserType, Locator, Page, sync_playwright

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser")
"""Debian's names for it. The first has no window, so it starts fewer processes and draws faster."""
STOPWATCH = Path(__file__).parent / "page" / "stopwatch.js"
VIEWPORT = {"width": 1280, "height": 900}
PATIENCE = 60_000
"""Milliseconds that anything on a page may take."""

_ENDED = """(selector) => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
  && Boolean(window.stopwatch.find(selector))"""
_PASTE = """(element, text) => {
  const data = new DataTransfer()
  data.setData("text/plain", text)
  element.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }))
}"""


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, for the length of a with-block."""
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        try:
            yield browser
        finally:
            browser.close()


def launch(kind: BrowserType, *arguments: str) -> Browser:
    """Start the first of PROGRAMS, or the one that `CHROMIUM` names, with `arguments` besides those that all share."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    return kind.launch(executable_path=path, args=[*ARGUMENTS, *arguments])


def visit(browser: Browser, address: str, drawn: str) -> Page:
    """A new visitor's page, when its script has ended and what `drawn` selects is there (in shadow trees, too)."""
    page = new_page(browser)
    page.goto(address)
    settle(page, drawn)
    return page


def new_page(browser: Browser) -> Page:
    """A new visitor's empty page."""
    context = browser.new_context(viewport=VIEWPORT, locale="en-US")  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.add_init_script(path=STOPWATCH)
    return page


def sent_by(page: Page) -> list[Any]:
    """What a page sends to the server, from its opening on: the list grows."""
    sent: list[Any] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda payload: sent.append(payload)))
    return sent


def settle(page: Page, drawn: str) -> None:
    """Wait until the page's script has ended and what `drawn` selects is there."""
    page.wait_for_function(_ENDED, arg=drawn)


def step(page: Page, kind: str, field: str, up: bool = True, **wanted: Any) -> float:
    """Change a number by one with its arrow key, and wait for the new picture.

    Args:
        page: where.
        kind: a kind of app that the stopwatch knows: "stage", "text" or "plots".
        field: the key of the number's widget.
        up: whether it is to grow.
        wanted: what that kind of app has to show then.
    Returns:
        Milliseconds from the key to the frame after the one that shows it.
    """
    request = {"kind": kind, "field": f".st-key-{field} input", "key": "ArrowUp" if up else "ArrowDown", **wanted}
    elapsed: float = page.evaluate("wanted => window.stopwatch.change(wanted)", {"limit": PATIENCE, **request})
    return elapsed


def paste(editor: Locator, text: str) -> None:
    """Paste a text over all that stands in a code editor."""
    editor.press("ControlOrMeta+a")
    editor.evaluate(_PASTE, text)
