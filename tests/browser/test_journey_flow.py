"""The flow: what a reader sees of a layer without scrolling, and that every number of it is the layer's own."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import serving
from playwright.sync_api import Browser, Route, expect
from screen import Screen

WINDOW = {"width": 1440, "height": 900}
MINUS = "\N{MINUS SIGN}"
NEARLY = "≈0"
NUMBER = rf"{MINUS}?\d*\.\d+|{NEARLY}"
_STEP_ALONG = """async (root) => {
  const places = []
  root.focus()
  for (let step = 0; step < 4; step++) {
    const event = { key: "ArrowRight", bubbles: true, composed: true, cancelable: true }
    root.dispatchEvent(new KeyboardEvent("keydown", event))
    await new Promise((done) => setTimeout(done, 700))
    places.push(root.dataset.at)
  }
  return places
}"""


def number(text: str) -> float:
    return 0.0 if text == NEARLY else float(text.replace(MINUS, "-"))


def in_view(texts: Sequence[dict[str, Any]]) -> bool:
    return all(0 <= one["x"] < WINDOW["width"] and 0 <= one["y"] < WINDOW["height"] for one in texts)


def written(screen: Screen, value: float) -> dict[str, Any]:
    """Where the canvas shows a number, with however many decimals."""
    for one in screen.inked():
        if re.fullmatch(NUMBER, one["text"]) and one["text"] != NEARLY:
            decimals = len(one["text"].partition(".")[2])
            if number(one["text"]) == round(value, decimals):
                return one
    raise AssertionError(f"{value} is not written")


def test_alpha_is_five_bars_whose_numbers_and_sum_stand_in_the_window(screen: Screen) -> None:
    screen.page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
    screen.open({"layer": "attention", "inputs": [{"kind": "normal", "shape": [2, 5, 3]}]}).painted()
    inked = screen.inked()
    (total,) = [one for one in inked if one["text"].startswith("Σ = ")]
    bars = [one for one in inked if one["y"] < total["y"] and abs(one["x"] - total["x"]) < 60 and one["text"] != "Σ"]
    numbers = [one for one in bars if re.fullmatch(r"0\.\d\d", one["text"])]
    assert len(numbers) == 5 and in_view([*numbers, total])
    alpha = screen.numbers(screen.named("alpha"))[0]
    assert [number(one["text"]) for one in numbers] == [round(float(share), 2) for share in alpha]
    assert total["text"] == "Σ = 1.00"


def test_the_centre_of_the_grid_is_zero_and_every_number_stands_in_its_cell(screen: Screen) -> None:
    screen.page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
    screen.open({"layer": "center_zero"}).painted()
    inked = screen.inked()
    assert in_view(inked)
    right = sorted((one for one in inked if one["text"] in ("0", "6")), key=lambda one: one["x"])[-100:]
    grid = np.array([number(one["text"]) for one in sorted(right, key=lambda one: (round(one["y"]), one["x"]))])
    np.testing.assert_array_equal(grid.reshape(10, 10), screen.numbers("output:0"))


def test_a_filter_is_a_tile_of_nine_numbers_and_its_window_is_outlined(screen: Screen) -> None:
    screen.page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
    kernel = {"kind": "image", "shape": [1, 12, 12, 1]}
    screen.open({"layer": "keras.layers.Conv2D", "params": {"filters": 1}, "inputs": [kernel]}).painted()
    screen.touch("output:0", 0, 4, 5, 0)
    screen.page.keyboard.press("Escape")
    inked = screen.inked()
    heads = {one["text"]: one for one in inked}
    tile = [
        one
        for one in inked
        if abs(one["x"] - heads["filter 0"]["x"]) < 80
        and one["y"] > heads["filter 0"]["y"] + 4
        and re.fullmatch(rf"{NUMBER}|{MINUS}?\d+", one["text"])
    ]
    tile.sort(key=lambda one: (round(one["y"] / 4), one["x"]))
    assert len(tile) == 9 and in_view(tile)
    shown = np.array([number(one["text"]) for one in tile]).reshape(3, 3)
    weights = screen.numbers("weight:kernel")[:, :, 0, 0]
    np.testing.assert_allclose(shown, weights, atol=0.051)
    image, output = screen.numbers("input:0")[0, :, :, 0], screen.numbers("output:0")[0, 4, 5, 0]
    assert (image[4:7, 5:8] * weights).sum() == pytest.approx(output, abs=1e-5)
    said = screen.flow.locator("[data-part=said]").inner_text()
    assert "[4, 5]" in said or "4, 5" in said


def test_each_head_has_a_map_whose_rows_sum_to_one(screen: Screen) -> None:
    screen.page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
    screen.open({"layer": "keras.layers.MultiHeadAttention", "params": {"num_heads": 2, "key_dim": 4}}).painted()
    inked = screen.inked()
    heads = [one for one in inked if re.fullmatch(r"head \d", one["text"])]
    assert [one["text"] for one in heads] == ["head 0", "head 1"] and in_view(heads)
    maps = [one for one in inked if re.fullmatch(rf"0\.\d|{NEARLY}", one["text"])]
    rows: dict[int, list[float]] = {}
    for one in maps:
        rows.setdefault(round(one["y"]), []).append(number(one["text"]))
    assert len(rows) == 8
    for row in rows.values():
        assert len(row) == 5 and sum(row) == pytest.approx(1, abs=0.26)  # each share is rounded to a tenth


def test_the_gates_of_an_unrolled_lstm_are_those_that_numpy_computes(screen: Screen) -> None:
    screen.page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
    screen.open({"layer": "keras.layers.LSTM", "params": {"units": 4}}).painted()
    inked = screen.inked()
    names = ("lstm_cell/kernel", "lstm_cell/recurrent_kernel", "lstm_cell/bias")
    kernel, recurrent, bias = (screen.numbers(screen.named(name)).astype("float64") for name in names)
    x = screen.numbers("input:0").astype("float64")[0]
    h = c = np.zeros(4)
    steps = sorted((one for one in inked if re.fullmatch(r"step \d", one["text"])), key=lambda one: one["x"])
    assert len(steps) == len(x) and in_view(steps)
    pitch = steps[1]["x"] - steps[0]["x"]
    for at, step in enumerate(steps):
        i, f, g, o = np.split(x[at] @ kernel + h @ recurrent + bias, 4)
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
        shown = [
            number(one["text"])
            for one in inked
            if step["x"] - 10 < one["x"] < step["x"] - 10 + pitch and re.fullmatch(NUMBER, one["text"])
        ]
        for gate in (f, i, o, np.tanh(g), c, h):
            for value in gate:
                assert round(float(value), 2) in [pytest.approx(one, abs=0.0051) for one in shown], (at, value)


def test_stepping_asks_the_server_for_nothing_until_the_reader_rests(screen: Screen) -> None:
    screen.open({"layer": "attention"}, at="0:0").painted()
    places = screen.flow.evaluate(_STEP_ALONG)
    assert len(set(places)) == 4
    expect(screen.flow.locator(".code .source-line.now")).to_have_count(1)
    screen.page.wait_for_timeout(1500)
    assert f"at={places[-1].replace(':', '%3A')}" in screen.link


def test_a_link_leads_to_its_place_and_an_old_one_of_a_name_to_the_step_before(screen: Screen) -> None:
    screen.open({"layer": "attention"}, at="0:5", panel="xray").painted()
    assert screen.flow.get_attribute("data-at") == "0:4"  # where alpha, which the fifth names, was made
    assert "softmax" in screen.flow.locator(".code .source-line.now").inner_text()


def test_a_folded_part_opens_and_closes(screen: Screen) -> None:
    screen.page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
    screen.open({"layer": "keras.layers.AutoContrast"}).painted()
    folded = screen.flow.locator(".operator.folded")
    assert folded.count(), "nothing is folded at this size"
    before = folded.count()
    crumbs = screen.flow.locator(".crumbs button")
    folded.first.focus()
    screen.page.keyboard.press("Enter")
    expect(crumbs).to_have_count(2)
    assert screen.flow.locator(".operator").count()
    screen.page.keyboard.press("Escape")
    expect(crumbs.first).to_be_hidden()
    expect(folded).to_have_count(before)


def test_presenting_is_driven_by_keys_alone_and_survives_the_server(browser: Browser, tmp_path: Path) -> None:
    with serving.app(tmp_path) as server:
        _present(Screen(browser.new_page(), server))


def _present(screen: Screen) -> None:
    page = screen.page
    page.set_viewport_size({"width": 1920, "height": 1080})
    screen.open({"layer": "attention"}).painted()
    page.keyboard.press("p")
    expect(screen.flow).to_have_class(re.compile("present"))
    page.wait_for_timeout(1500)
    assert "present=1" in screen.link
    wide = screen.flow.locator(".board").evaluate(
        "board => [board.clientWidth, board.querySelector('svg').viewBox.baseVal.width]"
    )
    assert wide[0] == wide[1], "names and wires stand where their cells stand"
    numbers = [one for one in screen.inked() if re.fullmatch(NUMBER, one["text"])]
    assert numbers and min(one["size"] for one in numbers) >= 19
    lines = screen.flow.locator(".code .lines")
    assert float(lines.evaluate("lines => parseFloat(getComputedStyle(lines).fontSize)")) >= 24
    expect(screen.flow.locator(".title-bar h2")).to_have_text("Attention")
    english, korean = screen.flow.locator(".title-bar p").all_inner_texts()
    assert english and re.search("[가-힣]", korean)
    page.keyboard.press("q")
    share = page.locator("[data-testid=share]")
    expect(share.locator("svg path")).to_be_visible()
    assert share.locator("p").inner_text() == screen.link.replace("&present=1", "").replace("present=1&", "")
    page.keyboard.press("Escape")
    expect(share).to_be_hidden()
    os.kill(screen.server.pid, signal.SIGTERM)
    page.wait_for_timeout(500)
    page.keyboard.press("Home")
    places = []
    for _ in range(3):
        page.keyboard.press("PageDown")
        page.wait_for_timeout(700)
        places.append(screen.flow.get_attribute("data-at"))
    assert len(set(places)) == 3
    page.keyboard.press("z")
    expect(page.locator("[data-testid=lens]")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    expect(screen.flow.locator(".blank")).to_be_visible()
    page.keyboard.press("b")
    page.keyboard.press("p")
    expect(screen.flow).not_to_have_class(re.compile("present"))


def test_a_cell_is_set_where_it_stands(screen: Screen) -> None:
    screen.page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
    screen.open({"layer": "linear"}).painted()
    before, kernel = screen.numbers("output:0"), screen.numbers("weight:kernel")
    screen.page.keyboard.press("Escape")
    row, column = np.unravel_index(np.abs(kernel).argmax(), kernel.shape)
    cell = written(screen, float(kernel[row, column]))
    with screen.change():
        screen.page.mouse.click(cell["x"], cell["y"])
    screen.page.mouse.click(cell["x"], cell["y"])
    field = screen.flow.locator("input.edit")
    field.fill("three")
    field.press("Enter")
    expect(screen.flow.get_by_role("alert").filter(has_text="three")).to_have_text("Not a number: three")
    expect(field).to_have_value("three")
    field.fill("3.25")
    with screen.change():
        field.press("Enter")
    assert screen.numbers("weight:kernel")[row, column] == 3.25
    moved = screen.numbers("output:0") - before
    expected = screen.numbers("input:0")[:, row] * (3.25 - kernel[row, column])
    np.testing.assert_allclose(moved[:, column], expected, rtol=1e-5)
    assert not np.delete(moved, column, axis=1).any()


def test_until_the_flow_is_painted_a_line_stands_in_its_place(visitor: Callable[..., Screen]) -> None:
    screen = visitor("waiting")
    held: list[Route] = []
    screen.page.route("**/flow/main.js", lambda route: held.append(route))
    screen.page.goto(f"{screen.server.address}/explore?layer=attention")
    line = screen.page.get_by_text("Computing the flow …")
    expect(line).to_be_visible()
    while not held:
        screen.page.wait_for_timeout(50)
    expect(line).to_be_visible()
    held[0].continue_()
    screen.painted()
    expect(line).to_be_hidden()


@pytest.mark.parametrize("module", ["flow/main.js", "trail/main.js", "tape/main.js"])
def test_a_change_while_a_module_is_still_loaded_leaves_nothing_deaf_or_empty(screen: Screen, module: str) -> None:
    held: list[Route] = []
    screen.page.route(f"**/{module}", lambda route: held.append(route))
    screen.open({"layer": "linear"})
    screen.type("p_linear_units", "3")
    screen.page.wait_for_timeout(300)
    held.pop().continue_()
    screen.painted()
    assert screen.shape("output:0") == (2, 3)
    screen.touch("output:0", 0, 2)
    expect(screen.flow).to_have_attribute("data-live", "live")
    assert screen.sum.is_visible()
