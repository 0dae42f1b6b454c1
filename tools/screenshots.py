"""Make the pictures of the documentation: `make screenshots`. It opens each link in Chromium and saves docs/*.png.

`make screenshots ARGS=flows` saves every flow of `LAYERS` in each theme, language and width to screenshots/ instead, to
be looked at one by one.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.chromium import chromium

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Shot:
    """One picture: its file, the link, the window and the theme; `scroll` selects what is brought to the top."""

    name: str
    link: str
    width: int = 1440
    height: int = 900
    dark: bool = False
    locale: str = "en-US"
    scroll: str = ""


SHOTS = (
    Shot("center-zero", "explore?layer=center_zero", height=860),
    Shot("touched", "explore?layer=attention&at=0:7&cell=step:7@0,1", 1440, 900),
    Shot("attention-dark", "explore?layer=attention", 1920, 1000, dark=True),
    Shot("gallery-korean", "", 1440, 900, locale="ko-KR"),
    Shot("training-step", "explore?layer=keras.layers.Dense&panel=training", 1440, 900, scroll=".st-key-panel_row"),
    Shot("then-and-now", "then-and-now", 1440, 800),
)


_STOCK = (
    "Dense Conv2D LSTM GRU MultiHeadAttention BatchNormalization LayerNormalization Embedding Concatenate Bidirectional"
)
LAYERS = (
    *("center_zero", "linear", "attention", "max_pooling", "masked_mean"),
    *(f"keras.layers.{name}" for name in _STOCK.split()),
)
"""Layers that between them show every figure of the flow."""
WINDOWS = ((1280, 800), (1440, 900), (1920, 1080), (390, 844))
"""Width and height in CSS pixels."""


def flows() -> Iterator[tuple[Path, Shot]]:
    """Every flow in each theme, language and width, and where its picture goes."""
    for layer, dark, locale, (width, height) in product(LAYERS, (False, True), ("en-US", "ko-KR"), WINDOWS):
        name = f"{layer.rpartition('.')[2]}-{'dark' if dark else 'light'}-{locale[:2]}-{width}"
        yield ROOT / "screenshots" / f"{name}.png", Shot(name, f"explore?layer={layer}", width, height, dark, locale)


@contextmanager
def served() -> Iterator[str]:
    """The app on a free loopback port; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(10)


def settle(page: Page) -> None:
    """Wait until the script has run and nothing is being computed."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=60_000)
    page.wait_for_timeout(1500)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=60_000)


def main() -> None:
    """Make all pictures of the documentation, or those whose names are given; for "flows" those of the flows."""
    documented = [(ROOT / "docs" / f"{shot.name}.png", shot) for shot in SHOTS]
    chosen = [(path, shot) for path, shot in documented if not sys.argv[1:] or shot.name in sys.argv[1:]]
    if sys.argv[1:] == ["flows"]:
        chosen = list(flows())
    with served() as address, chromium() as browser:
        for path, shot in chosen:
            page = browser.new_page(
                viewport={"width": shot.width, "height": shot.height},
                locale=shot.locale,
                color_scheme="dark" if shot.dark else "light",
            )
            page.goto(address + shot.link)
            settle(page)
            if shot.link.startswith("explore"):
                page.wait_for_selector("[data-testid=flow][data-painted]", timeout=60_000)
                page.wait_for_timeout(500)
            if shot.scroll:
                page.locator(shot.scroll).evaluate("node => node.scrollIntoView()")
                page.wait_for_timeout(500)
            path.parent.mkdir(exist_ok=True)
            page.screenshot(path=path)
            print(path.relative_to(ROOT))
            page.close()


if __name__ == "__main__":
    main()
