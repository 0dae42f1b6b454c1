"""The server ends and starts again, or a file of it cannot be had for a while: page and reader go on."""

from __future__ import annotations

from pathlib import Path

import pytest
import serving
from playwright.sync_api import Browser, Route, expect
from screen import Screen


@pytest.mark.parametrize(("key", "typed", "cells"), [("p_linear_units", "7", 14), ("shape_linear_0", "5, 3", 20)])
def test_what_is_being_typed_outlives_a_restart(
    browser: Browser, tmp_path: Path, key: str, typed: str, cells: int
) -> None:
    port = serving.free_port()
    with serving.app(tmp_path, port=port) as server:
        screen = Screen(browser.new_page(), server)
        screen.open({"layer": "linear", "seed": "4"}).painted()
        field = screen.control(key).locator("input")
        field.fill(typed)  # and not entered
    with serving.app(tmp_path, port=port):
        screen.page.get_by_test_id("stConnectionStatus").wait_for(state="detached")
        with screen.change():
            screen.control("training").locator("label").first.click()
        assert field.input_value() == typed
        with screen.change():
            field.press("Enter")
        assert screen.numbers("output:0").size == cells
        assert "seed=4" in screen.link
        screen.page.close()


@pytest.mark.parametrize("file", ["stage.js", "palette.css"])
def test_a_file_that_cannot_be_had_at_first_is_asked_for_again(screen: Screen, file: str) -> None:
    refused: list[str] = []

    def refuse_three(route: Route) -> None:
        if len(refused) < 3:
            refused.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    screen.page.context.route(f"**/stage/**/{file}", refuse_three)
    try:
        screen.open({"layer": "linear"}).painted()
    finally:
        screen.page.context.unroute(f"**/stage/**/{file}")
    assert len(refused) == 3
    assert file.endswith(".css") or len(set(refused)) == 3, "each try has an address of its own"
    assert screen.shape("output:0") == (2, 4)


FAILS_ONCE = """
import mount from "./main.js?whole"
let calls = 0
export default async function (component) {
  calls += 1
  if (calls === FAILING) throw new Error("planted")
  return mount(component)
}
"""


@pytest.mark.parametrize("failing", [1, 2])
def test_a_picture_that_failed_once_is_drawn_by_the_next_change(screen: Screen, failing: int) -> None:
    planted = FAILS_ONCE.replace("FAILING", str(failing))
    screen.page.route("**/flow/main.js", lambda route: route.fulfill(body=planted, content_type="text/javascript"))
    screen.open({"layer": "linear"})
    failed = screen.page.get_by_text("The picture could not be loaded: Error: planted")
    if failing == 2:
        screen.painted().type("p_linear_units", "2")
    expect(failed).to_be_visible()
    expect(screen.flow).to_be_hidden()  # a picture of what was there before would be a false one
    screen.type("p_linear_units", "3")
    expect(failed).to_have_count(0)
    expect(screen.flow).to_be_visible()
    assert screen.painted().shape("output:0") == (2, 3)
