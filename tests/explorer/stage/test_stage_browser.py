"""The stage in a real browser: the numbers that it shows, and what survives a change of data."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from benchmarks.chromium import chromium

HOME = Path(__file__).parent


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"--server.port {port} --server.address 127.0.0.1 --server.headless true --server.fileWatcherType none"
    command = [sys.executable, "-m", "streamlit", "run", str(HOME / "stage_app.py"), *options.split()]
    log = tmp_path_factory.mktemp("server") / "log.txt"
    with log.open("w") as output:
        server = subprocess.Popen(
            [*command, "--browser.gatherUsageStats", "false"], stdout=output, stderr=output, cwd=HOME.parents[2]
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/_stcore/health", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(10)


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1)
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"The server did not answer:\n{log.read_text()}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    page.close()
    assert problems == []


def open_set(page: Page, address: str, name: str, more: str = "") -> None:
    page.goto(f"{address}/?set={name}{more}")
    page.wait_for_selector("[data-painted='1']")


def card(page: Page, tensor: str) -> Locator:
    return page.locator(f"[data-tensor='{tensor}']")


def press(page: Page, tensor: str, *keys: str) -> Locator:
    """Keys on a picture; the first key puts the cursor on the first cell. Returns the readout."""
    card(page, tensor).locator("canvas.overlay").focus()
    for key in keys:
        page.keyboard.press(key)
    return card(page, tensor).locator("[data-readout]")


def pixel(page: Page, tensor: str, x: float, y: float) -> list[int]:
    canvas = card(page, tensor).locator("canvas.cells")
    script = "(c, [x, y]) => [...c.getContext('2d').getImageData(c.width * x, c.height * y, 1, 1).data].slice(0, 3)"
    found: list[int] = canvas.evaluate(script, [x, y])
    return found


def test_the_keyboard_reads_the_hole(page: Page, address: str) -> None:
    open_set(page, address, "hole")
    readout = press(page, "output:output", "Home", *["ArrowDown"] * 4)
    row = []
    for column in range(10):
        expect(readout.locator(".where")).to_contain_text(f"[4, {column}]")  # the next frame shows it
        row.append(readout.locator(".value").inner_text())
        page.keyboard.press("ArrowRight")
    assert row == ["6", "6", "6", "6", "0", "0", "6", "6", "6", "6"]
    expect(readout).to_contain_text("[4, 9] · height 4, width 9")
    output = card(page, "output:output")
    assert [output.get_attribute(f"data-{name}") for name in ("min", "max", "mean", "zeros")] == ["0", "6", "5.76", "4"]
    expect(output.locator("dl")).to_contain_text("5.76")
    expect(card(page, "weight:mask")).to_contain_text("frozen")


def test_the_pointer_reads_a_cell_and_the_shortest_float32(page: Page, address: str) -> None:
    open_set(page, address, "odd")
    broken = card(page, "input:broken")
    canvas = broken.locator("canvas.overlay")
    box = canvas.bounding_box()
    assert box is not None
    canvas.hover(position={"x": 60, "y": box["height"] - 12})
    expect(broken.locator("[data-readout] .value")).to_have_text("0.1")
    expect(broken.locator("[data-readout] .where")).to_have_text("[2, 0]")
    page.mouse.move(5, 5)
    expect(broken.locator("[data-readout] .value")).to_be_hidden()


def test_what_is_not_a_number_and_odd_shapes_are_told(page: Page, address: str) -> None:
    open_set(page, address, "odd")
    expect(press(page, "input:broken", "Home", "ArrowRight").locator(".value")).to_have_text("nan")
    expect(press(page, "input:scalar", "Home")).to_contain_text("2.5")
    expect(press(page, "output:large", "Home").locator(".value")).to_have_text("1152921504606846977")
    expect(press(page, "output:half", "Home").locator(".value")).to_have_text("0.1")
    expect(press(page, "input:words", "Home").locator(".value")).to_have_text("kind")
    assert card(page, "input:broken").get_attribute("data-inf") == "2"
    expect(card(page, "output:outside").locator("dl")).to_contain_text("outside the scale")
    expect(card(page, "input:nothing").locator(".shape")).to_contain_text("batch: 0 × features: 3")


def test_the_table_holds_the_same_numbers(page: Page, address: str) -> None:
    open_set(page, address, "attention")
    alpha = card(page, "step:alpha")
    alpha.get_by_role("button", name="Table").click()
    rows = alpha.locator("tbody tr")
    for row in range(2):
        shares = [float(text) for text in rows.nth(row).locator("td").all_inner_texts()]
        assert len(shares) == 5 and sum(shares) == pytest.approx(1, abs=1e-6)
    x = card(page, "input:x")
    x.get_by_role("button", name="Table").click()
    assert x.locator("caption").all_inner_texts() == ["x batch 0", "x batch 1"]
    readout = press(page, "input:x", "Home", "PageDown", "ArrowDown")
    expect(readout.locator(".value")).to_have_text(
        x.locator("table").nth(1).locator("tbody tr").nth(1).locator("td").first.inner_text()
    )
    expect(readout).to_contain_text("batch 1, time 1, features 0")


def test_zoom_cursor_table_and_slices_survive_a_change_of_data(page: Page, address: str) -> None:
    open_set(page, address, "attention")
    x = card(page, "input:x")
    x.get_by_label("Axis shown side by side").select_option("one at a time")
    x.get_by_role("slider").fill("1")
    readout = press(page, "input:x", "Home", "ArrowRight", "+")
    x.get_by_role("button", name="Table").click()
    expect(readout.locator(".where")).to_contain_text("[1, 0, 1]")
    before = float(readout.locator(".value").inner_text())
    expect(x.get_by_role("button", name="Show all")).to_be_enabled()
    page.get_by_role("button", name="Add one").click()
    page.wait_for_selector("[data-painted='2']")
    assert float(readout.locator(".value").inner_text()) == pytest.approx(before + 1, rel=1e-6)
    expect(readout).to_contain_text("[1, 0, 1]")
    expect(x.get_by_role("button", name="Show all")).to_be_enabled()
    assert float(x.locator("tbody td").nth(1).inner_text()) == pytest.approx(before + 1, rel=1e-6)
    x.get_by_role("button", name="Show all").click()
    expect(x.get_by_role("button", name="Show all")).to_be_disabled()


def test_a_shared_scale_says_so(page: Page, address: str) -> None:
    open_set(page, address, "linear", "&scale=shared")
    bars = [card(page, f"weight:{name}").locator(".ends").inner_text().split() for name in ("kernel", "bias")]
    assert bars[0] == bars[1] == ["-0.0652", "0", "0.0652"]
    expect(card(page, "weight:bias").locator(".caption")).to_have_text("scale shared by Weights")


def test_an_image_is_shown_in_true_colour_and_as_channels(page: Page, address: str) -> None:
    open_set(page, address, "picture")
    readout = press(page, "input:image", "Home", "End")
    expect(readout.locator(".value")).to_have_text("0, 1, 0.5")
    expect(readout).to_contain_text("[0, 0, 7, :]")
    image = card(page, "input:image")
    image.get_by_role("button", name="Save and display").click()
    image.get_by_role("button", name="True colour").click()
    expect(press(page, "input:image", "PageDown").locator(".where")).to_contain_text("[0, 0, 7, 1]")


def test_an_overview_counts_every_cell(page: Page, address: str) -> None:
    open_set(page, address, "big")
    expect(card(page, "output:overview").locator(".note")).to_contain_text("Overview of 4,000,000 values")
    expect(press(page, "output:overview", "Home", "ArrowRight").locator(".where")).to_have_text("[0:4, 4:8]")
    assert card(page, "input:million").get_attribute("data-max") == "4"


def test_the_dark_theme_has_its_own_zero(browser: Browser, address: str) -> None:
    zeros = []
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        open_set(page, address, "linear")
        page.wait_for_selector(f"[data-testid=tensor-stage][data-theme={scheme}]")
        zeros.append(pixel(page, "weight:bias", 0.05, 0.95))
        context.close()
    assert zeros[0] == [241, 236, 235]
    assert max(zeros[1]) < 70


def test_the_page_never_scrolls_sideways(page: Page, address: str) -> None:
    for width in (420, 800, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        open_set(page, address, "attention")
        stage = page.locator("[data-testid=tensor-stage]")
        assert stage.evaluate("stage => stage.scrollWidth <= stage.clientWidth + 1"), width
        edges = page.locator("[data-tensor]").evaluate_all(
            "cards => cards.map(card => card.scrollWidth - card.clientWidth)"
        )
        assert max(edges) <= 0, (width, edges)


def test_hovering_a_hundred_by_hundred_takes_less_than_a_frame(page: Page, address: str) -> None:
    open_set(page, address, "hundred")
    canvas = card(page, "input:hundred").locator("canvas.overlay")
    script = """async canvas => {
      const box = canvas.getBoundingClientRect(), spent = []
      for (let step = 0; step < 60; step++) {
        const at = { clientX: box.left + 60 + 3 * step, clientY: box.top + 60 + 2 * step, bubbles: true, pointerId: 1 }
        const start = performance.now()
        canvas.dispatchEvent(new PointerEvent("pointermove", at))
        const handled = performance.now() - start
        spent.push(await new Promise(done => requestAnimationFrame(() => {
          const drawn = performance.now()
          canvas.getContext("2d").getImageData(0, 0, 1, 1)  // waits for the drawing itself
          done(handled + performance.now() - drawn)
        })))
      }
      return spent.sort((a, b) => a - b)
    }"""
    spent = canvas.evaluate(script)
    assert card(page, "input:hundred").locator("[data-readout] .value").inner_text() != ""
    assert spent[len(spent) // 2] < 16, spent


@pytest.mark.parametrize("name", ["attention", "odd", "picture"])
def test_accessibility(page: Page, address: str, name: str) -> None:
    open_set(page, address, name)
    page.get_by_role("button", name="Table").first.click()
    found = Axe().run(page, context="[data-testid=stMain]").response["violations"]
    serious = [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in ("serious", "critical")]
    assert serious == []
