"""`explorer.show` where it is met: in a living JupyterLab, in a notebook that was executed and exported, in a file.

One kernel executes the notebook for the exports, one JupyterLab serves all tests of the living widget.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
import serving
from playwright.sync_api import Browser, BrowserContext, Locator, Page, WebSocket, expect
from screen import Screen

ROOT = Path(__file__).parents[2]
TIME_LIMIT = 180
EVIL = "</script><img src=x onerror=alert(1)>"
CELLS = [
    "import sys\n"
    "import keras, numpy as np, explorer\n"
    "from layers.linear import Linear\n"
    "x = np.arange(6, dtype='float32').reshape(2, 3) / 4",
    "stock = explorer.show(keras.layers.Dense(4), x)\nstock",
    "explorer.show(Linear(2), x, language='ko')",
    "class Mine(keras.layers.Layer):\n"
    "    def build(self, shape):\n"
    "        self.w = self.add_weight(shape=(shape[-1], 4), name='<img src=x onerror=alert(1)>')\n\n"
    "    def call(self, x):\n"
    "        scores = keras.ops.softmax(x @ self.w)\n"
    "        return scores * 2\n\n"
    f"Mine.__name__ = {EVIL!r}\n"
    "explorer.show(Mine(), x)",
    "print({'streamlit', 'starlette', 'plotly'} & set(sys.modules))",
]
DENSE, OURS, MINE = range(3)
EXECUTE = """
import sys, nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter

source, executed, stateful, plain, control = sys.argv[1:]
notebook = nbformat.read(source, 4)
NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
nbformat.write(notebook, executed)
export = lambda path: open(path, "w", encoding="utf-8").write(HTMLExporter().from_notebook_node(notebook)[0])
export(stateful)
del notebook.metadata["widgets"]
export(plain)
for cell in notebook.cells:
    cell.outputs = []
export(control)
"""


class Sheet(Screen):
    """One flow on a page that is not the app's."""

    def __init__(self, page: Page, number: int = 0) -> None:
        super().__init__(page, None)  # type: ignore[arg-type] # no server of ours is there
        self.root = page.locator("[data-testid=layer-explorer]").nth(number)

    def _connected(self, socket: WebSocket) -> None:
        """What goes through a socket here is a notebook's."""

    @property
    def said(self) -> Locator:
        """What stands below the flow: who computes, and how many cells were changed."""
        return self.root.locator(".python")

    def leave_lens(self) -> None:
        self.flow.locator("[data-does=lens]").click()

    def come(self) -> None:
        """Bring the pointer to the flow, and wait until numbers can be computed there."""
        self.flow.scroll_into_view_if_needed()
        self.flow.hover(position={"x": 3, "y": 3})
        self.flow.hover(position={"x": 5, "y": 5})
        expect(self.flow).to_have_attribute("data-live", "live")

    def drag(self, value: float, up: int, before_release: Callable[[], None] = lambda: None) -> None:
        """Drag the leftmost cell in which a number is written, with however many decimals."""
        place = None
        while place != (place := self._place(value)):  # until nothing moves any more, as what is pointed at is told
            self.page.mouse.move(place["x"], place["y"])
        self.page.mouse.down()
        self.page.mouse.move(place["x"], place["y"] - up, steps=5)
        expect(self.flow).not_to_have_attribute("data-hand", "")
        before_release()
        self.page.mouse.up()

    def _place(self, value: float) -> dict[str, Any]:
        numbers = [one for one in self.inked() if re.fullmatch(r"\d+(\.\d+)?", one["text"])]
        return min(numbers, key=lambda one: (round(abs(float(one["text"]) - value), 3), one["x"]))

    def press(self, key: str) -> None:
        self.flow.focus()
        self.page.keyboard.press(key)


def softmax(scores: np.ndarray) -> np.ndarray:
    grown = np.exp(scores - scores.max(-1, keepdims=True))
    return np.asarray(grown / grown.sum(-1, keepdims=True))


def dense(sheet: Sheet) -> np.ndarray:
    """What NumPy makes of the inputs and the weights that the page shows."""
    x, kernel, bias = (sheet.numbers(name) for name in ("input:0", "weight:kernel", "weight:bias"))
    return np.asarray(x @ kernel + bias)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of a user with an empty home, so that nothing of Jupyter's is read or left elsewhere."""
    home = tmp_path_factory.mktemp("home")
    asks = home / ".jupyter" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    asks.mkdir(parents=True)
    (asks / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')  # its question lies over the page
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("JUPYTER", "IPYTHON"))}
    return {**kept, "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "PYTHONPATH": str(ROOT), "TMPDIR": str(home)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the notebook lies, and a second one of the same cells."""
    folder = tmp_path_factory.mktemp("notebook")
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for name in ("show.ipynb", "again.ipynb"):
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / name)
    return folder


# -- executed and exported


@pytest.fixture(scope="module")
def exported(folder: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The executed notebook and its exports: with the widgets' state, without it, and without any output."""
    results = tmp_path_factory.mktemp("exported")
    files = ["executed.ipynb", "stateful.html", "plain.html", "control.html"]
    command = [sys.executable, "-c", EXECUTE, str(folder / "show.ipynb"), *(str(results / name) for name in files)]
    ran = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIME_LIMIT, check=False
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    return results


@pytest.fixture(scope="module")
def offline(browser: Browser) -> Iterator[Callable[[Path], tuple[Page, list[str]]]]:
    """Opens a file in a browser that reaches nothing; gives the page and what it asked for."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    context.route(re.compile("^(http|ws)"), lambda route: route.abort())

    def opened(file: Path) -> tuple[Page, list[str]]:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
        Sheet(page)  # listens before anything is drawn
        page.goto(file.as_uri(), wait_until="domcontentloaded")
        return page, asked

    yield opened
    context.close()


def elsewhere(asked: list[str]) -> set[str]:
    return {url for url in asked if not url.startswith(("file:", "blob:", "data:"))}


def test_an_executed_notebook_holds_widgets_and_copies(exported: Path) -> None:
    notebook = json.loads((exported / "executed.ipynb").read_text())
    outputs = [[list(output.get("data", {})) for output in cell["outputs"]] for cell in notebook["cells"]]
    for cell in outputs[1:4]:
        assert cell == [["application/vnd.jupyter.widget-view+json", "text/plain"], ["text/html", "text/plain"]]
    assert "".join(notebook["cells"][4]["outputs"][0]["text"]) == "set()\n"  # no server's packages
    assert "OtherEnvironment" not in json.dumps(notebook)


@pytest.mark.parametrize("export", ["plain.html", "stateful.html"])
def test_an_export_computes_without_python_and_without_a_network(
    exported: Path, offline: Callable[[Path], tuple[Page, list[str]]], export: str
) -> None:
    page, asked = offline(exported / export)
    mine = Sheet(page, MINE)
    mine.flow.wait_for()
    assert page.locator("[data-testid=layer-explorer]").count() == 3
    mine.come()
    mine.drag(1.25, 40)
    x, weight = mine.numbers("input:0"), mine.numbers("weight:<img src=x onerror=alert(1)>")
    assert x[1, 2] > 1.25
    np.testing.assert_allclose(mine.numbers("output:0"), 2 * softmax(x @ weight), rtol=2e-6)
    expect(mine.said).to_contain_text("computed in the browser alone")
    mine.said.get_by_role("button").click()
    np.testing.assert_array_equal(mine.numbers("input:0")[1], np.float32([0.75, 1, 1.25]))
    assert page.locator("img[src=x]").count() == 0 and not [url for url in asked if url.startswith("dialog")]
    expect(Sheet(page, OURS).flow).to_contain_text("칸을 누르면")
    if export == "plain.html":
        control, control_asked = offline(exported / "control.html")
        control.wait_for_timeout(300)
        assert elsewhere(asked) <= elsewhere(control_asked)  # nbconvert's own pages ask for some
        control.close()
    assert not mine.errors
    page.close()


# -- one file


def test_a_saved_page_tells_a_number_and_follows_a_drag(
    exported: Path, offline: Callable[[Path], tuple[Page, list[str]]], tmp_path: Path
) -> None:
    import keras

    import explorer

    x = np.arange(6, dtype="float32").reshape(2, 3) / 4
    page, asked = offline(explorer.show(keras.layers.Dense(4), x).save(tmp_path / "dense.html"))
    sheet = Sheet(page)
    sheet.flow.wait_for()
    sheet.come()
    right = max(one["x"] for one in sheet.inked())
    last = next(one for one in sheet.inked() if one["x"] == right)
    page.mouse.click(last["x"], last["y"])
    expect(sheet.sum).to_contain_text("sum of 3")
    before = sheet.sum.locator("[data-part=value]").inner_text()
    sheet.drag(0.5, 40, lambda: expect(sheet.sum).not_to_contain_text(before))
    told = float(sheet.sum.locator("[data-part=value]").inner_text())
    assert told == pytest.approx(float(dense(sheet)[0, 3]), rel=1e-6)
    np.testing.assert_allclose(sheet.numbers("output:0"), dense(sheet), rtol=1e-6)
    assert asked[0].startswith("file:") and not elsewhere(asked) and not sheet.errors
    page.close()


# -- alive


@pytest.fixture(scope="module")
def lab(folder: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A JupyterLab on a port of loopback; it ends with the module, its kernels with it."""
    log, port = tmp_path_factory.mktemp("lab") / "lab.log", serving.free_port()
    options = ["--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token="]
    options += [f"--ServerApp.port={port}"]
    options += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    options += ["--ServerApp.disable_check_xsrf=True"]  # of the tests' own requests
    command = [sys.executable, "-m", "jupyterlab", *options, f"--ServerApp.root_dir={folder}"]
    address = f"http://127.0.0.1:{port}"
    with serving.started(command, log, environment, folder) as process:
        until = time.monotonic() + serving.START_LIMIT
        while not answers(f"{address}/api/status"):
            assert process.poll() is None and time.monotonic() < until, log.read_text()[-2000:]
            time.sleep(0.1)
        yield address
        end_kernels(address)


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def end_kernels(address: str, notebook: str = "") -> None:
    """End the kernels of the notebook of that name, or all."""
    with urllib.request.urlopen(f"{address}/api/sessions", timeout=10) as answer:
        sessions = json.load(answer)
    for session in sessions:
        if notebook in ("", session["path"]):
            end = urllib.request.Request(f"{address}/api/kernels/{session['kernel']['id']}", method="DELETE")
            urllib.request.urlopen(end, timeout=30).close()


@pytest.fixture(scope="module")
def notebook(lab: str, browser: Browser) -> Iterator[Page]:
    """The notebook in JupyterLab, its first two cells run."""
    context: BrowserContext = browser.new_context(viewport={"width": 1280, "height": 1000}, locale="en-US")
    page = context.new_page()
    sheet = begun(page, f"{lab}/lab/tree/show.ipynb?reset")
    yield page
    assert not sheet.errors
    context.close()


def begun(page: Page, address: str) -> Sheet:
    """Open a notebook and run its first two cells."""
    sheet = Sheet(page)
    page.goto(address)
    run(page, 0)
    run(page, 1)
    sheet.flow.wait_for()
    return sheet


_QUIET = """async () => {
  const told = () => [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")].map((one) => one.textContent).join()
  const before = told()
  await new Promise((done) => setTimeout(done, 1500))
  return told() === before && !before.includes("*")
}"""


def cell(page: Page, number: int) -> Locator:
    return page.locator(".jp-CodeCell").nth(number)


def run(page: Page, number: int) -> None:
    """Run a cell, and wait until it has run. A press is lost as long as JupyterLab still lays itself out."""
    prompt = cell(page, number).locator(".jp-InputPrompt")
    for _ in range(20):
        cell(page, number).locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        page.wait_for_timeout(500)
        if prompt.inner_text() != "[ ]:":
            break
    expect(prompt).to_have_text(re.compile(r"\[\d+\]"), timeout=60_000)
    page.wait_for_function(_QUIET, timeout=60_000)  # a press may have been heard late, and have run it once more


def test_a_cell_is_dragged_in_jupyterlab_and_python_has_it(notebook: Page) -> None:
    sheet = Sheet(notebook)
    assert notebook.locator("[data-testid=layer-explorer]").count() == 1  # the copy keeps hidden
    sheet.come()
    sheet.drag(0.5, 40)
    expect(sheet.flow).to_contain_text("to the last bit", timeout=30_000)
    x = sheet.numbers("input:0")
    assert x[0, 2] > 0.5
    np.testing.assert_allclose(sheet.numbers("output:0"), dense(sheet), rtol=1e-6)
    sheet.leave_lens()
    expect(sheet.said).to_contain_text("(1)")
    cell(notebook, 4).locator(".cm-content").click()
    notebook.keyboard.press("Control+a")
    notebook.keyboard.type("print(stock.edits, float(stock.trace().outputs[0].value[0, 0]))")
    notebook.keyboard.press("Shift+Enter")
    told = cell(notebook, 4).locator(".jp-OutputArea-output")
    expect(told).to_contain_text("{'input:0': {(0, 2): ")
    assert float(told.inner_text().split()[-1]) == pytest.approx(float(sheet.numbers("output:0")[0, 0]), rel=1e-7)
    sheet.leave_lens()


def test_python_tells_a_touched_number(notebook: Page) -> None:
    sheet = Sheet(notebook)
    sheet.come()
    sheet.press("End")
    last = max(sheet.inked(), key=lambda one: (one["x"], one["y"]))
    notebook.mouse.click(last["x"], last["y"])
    expect(sheet.sum.locator("[data-way=could]")).to_be_visible()  # asked for with a button that only Python answers
    expect(sheet.sum).to_contain_text("sum of 3")
    sheet.press("Escape")
    expect(sheet.sum).to_have_count(0)


def test_keys_in_the_flow_are_not_the_notebook_s(notebook: Page) -> None:
    sheet = Sheet(notebook)
    cells = notebook.locator(".jp-Cell").count()
    sheet.press("Home")
    expect(sheet.flow).to_have_attribute("data-at", "")
    for key in ("d", "d", "x", "ArrowRight"):
        sheet.press(key)
    expect(sheet.flow).to_have_attribute("data-at", "0:0")
    assert notebook.locator(".jp-Cell").count() == cells


def test_it_is_dark_where_the_notebook_is(notebook: Page) -> None:
    sheet = Sheet(notebook)
    expect(sheet.flow).to_have_attribute("data-theme", "light")
    notebook.get_by_role("menuitem", name="Settings").click()
    notebook.get_by_text("Theme", exact=True).first.click()
    notebook.get_by_text("JupyterLab Dark", exact=True).click()
    expect(sheet.flow).to_have_attribute("data-theme", "dark")


def test_a_notebook_that_is_opened_again_shows_the_copy(lab: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, locale="en-US")
    page = context.new_page()
    begun(page, f"{lab}/lab/tree/again.ipynb?reset")
    page.keyboard.press("Control+s")
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)
    page.close()
    end_kernels(lab, "again.ipynb")
    page = context.new_page()
    sheet = Sheet(page)
    page.goto(f"{lab}/lab/tree/again.ipynb?reset")
    sheet.flow.wait_for()
    sheet.come()
    sheet.drag(0.5, 40)
    expect(sheet.said).to_contain_text("computed in the browser alone")
    np.testing.assert_allclose(sheet.numbers("output:0"), dense(sheet), rtol=1e-6)
    assert not sheet.errors
    context.close()
