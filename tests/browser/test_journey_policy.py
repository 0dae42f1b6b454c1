"""The page's Content-Security-Policy holds, and the listening that every browser test does can hear a violation."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from screen import Screen

ATTEMPTS = {
    "an inline script": """() => { const node = document.createElement("script")
        node.textContent = "window.ran = true"; document.body.append(node) }""",
    "a handler in markup": """() => { const node = document.createElement("div")
        node.innerHTML = "<img src=x onerror='window.ran = true'>"; document.body.append(node) }""",
    "a script of another site": """() => { const node = document.createElement("script")
        node.src = "http://127.0.0.2:9/x.js"; document.body.append(node) }""",
    "text as code": "() => { setTimeout(() => { try { new Function('window.ran = true')() } catch {} }) }",
    "a script in a data address": "() => { import('data:text/javascript,window.ran=true').catch(() => {}) }",
    "a picture of another site": "() => { new Image().src = 'http://127.0.0.2:9/x.png' }",
    "a connection to another site": "() => { fetch('http://127.0.0.2:9/').catch(() => {}) }",
    "a stream to another site": "() => { try { new WebSocket('ws://127.0.0.2:9/') } catch {} }",
    "a frame": """() => { const node = document.createElement("iframe")
        node.src = "http://127.0.0.2:9/"; document.body.append(node) }""",
    "an object": """() => { const node = document.createElement("object")
        node.data = "http://127.0.0.2:9/"; document.body.append(node) }""",
    "another base": """() => { const node = document.createElement("base")
        node.href = "http://127.0.0.2:9/"; document.head.append(node) }""",
    "a form for another site": """() => { const node = document.createElement("form")
        node.action = "http://127.0.0.2:9/"; document.body.append(node); node.submit() }""",
}


@pytest.fixture(scope="module")
def opened(server: object, browser: object) -> Iterator[Screen]:
    page = browser.new_page()  # type: ignore[attr-defined]
    yield Screen(page, server).open({"layer": "linear"}).painted()  # type: ignore[arg-type]
    page.close()


@pytest.mark.parametrize("name", ATTEMPTS)
def test_the_browser_refuses_and_the_test_hears_it(opened: Screen, name: str) -> None:
    opened.errors.clear()
    opened.page.evaluate(ATTEMPTS[name])
    for _ in range(100):
        if opened.errors:
            break
        opened.page.wait_for_timeout(50)
    assert any("Content-Security-Policy" in error for error in opened.errors), opened.errors
    assert opened.page.evaluate("() => window.ran === undefined")
    assert opened.alive


def test_every_panel_of_the_page_keeps_to_the_policy(screen: Screen) -> None:
    """What the journeys do not open anyway. A violation fails the fixture of the page."""
    screen.open({"layer": "attention"}).painted()
    titles = screen.tabs()
    assert len(titles) >= 10
    for title in titles:
        screen.tab(title)
    assert screen.alive


def test_copying_and_saving_keep_to_the_policy(visitor: Callable[..., Screen]) -> None:
    screen = visitor("copies", permissions=["clipboard-read", "clipboard-write"], accept_downloads=True)
    screen.open({"layer": "linear"}).painted()
    card = screen.card("output:0")
    card.locator("[data-tool=copy]").click()
    card.get_by_text("Copied").wait_for()
    copied = screen.page.evaluate("() => navigator.clipboard.readText()")
    assert "array" in copied and "float32" in copied
    for kind in ("npy", "csv", "png"):
        card.locator("[data-tool=more]").click()
        with screen.page.expect_download() as download:
            card.locator(f"[data-entry='save.{kind}']").click()
        assert download.value.suggested_filename.endswith(f".{kind}")
        assert download.value.failure() is None
