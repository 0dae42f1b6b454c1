"""Server start -> the first visitor's page shell and first heatmap, against `import tensorflow` in the same run.

The browser is open already; it asks as soon as the port accepts connections. The two take turns.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

from playwright.sync_api import Browser

from benchmarks.chromium import PATIENCE, chromium, new_page
from benchmarks.figure import Figure, Goal, measure
from benchmarks.server import EXPLORER, running, wait_for_port
from benchmarks.statistic import median

ROUNDS = 3

HEATMAP = Goal("server start → first visitor's first heatmap, against `import tensorflow`", 1.5, "x")
SHELL = Goal("server start → page shell (heading and controls)", 1.5, "s")

_PAINTED = "() => Boolean(window.stopwatch.find('[data-testid=flow][data-painted]'))"
_SHELL = "() => document.querySelector('h1') && document.querySelector('[data-testid=stNumberInput]') && true"
_CLOCK = "performance.timeOrigin + performance.now()"


def run() -> Iterator[Figure]:
    """Start the server and import TensorFlow in turn."""
    shells, heatmaps, imports, ports = [], [], [], []
    with chromium() as browser:
        new_page(browser).goto("about:blank")  # the browser's own first page
        for _ in range(ROUNDS):
            imports.append(_import())
            port, shell, heatmap = _start(browser)
            ports.append(port)
            shells.append(shell)
            heatmaps.append(heatmap)
    baseline = f"import tensorflow {median(imports):.1f} s"
    words = f"{median(heatmaps):.1f} s (port open after {median(ports):.1f} s)"
    yield Figure(HEATMAP, median(heatmaps) / median(imports), words, baseline)
    yield Figure(SHELL, median(shells), f"median of {ROUNDS} starts", baseline)


def _import() -> float:
    """Seconds that a process takes which only imports TensorFlow."""
    began = time.time()
    subprocess.run([sys.executable, "-c", "import tensorflow"], check=True, capture_output=True)
    return time.time() - began


def _start(browser: Browser) -> tuple[float, float, float]:
    """Seconds from the server's start until its port is open, the shell stands, and the first heatmap is painted."""
    page = new_page(browser)
    with running(EXPLORER, wait=False) as server:
        wait_for_port(server.port)
        port = time.time()
        page.goto(f"{server.address}/explore", wait_until="commit")
        seen = []
        for condition in (_SHELL, _PAINTED):
            page.wait_for_function(condition, timeout=PATIENCE)
            seen.append(page.evaluate(_CLOCK) / 1000)
        page.context.close()
    return port - server.began, seen[0] - server.began, seen[1] - server.began


measure("start", 30, (HEATMAP, SHELL), run)
