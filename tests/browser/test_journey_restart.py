"""The server ends and starts again, or a file of it cannot be had for a while: page and reader go on."""

from __future__ import annotations

from pathlib import Path

import serving
from playwright.sync_api import Browser, Route, expect
from screen import Screen


def test_what_was_typed_outlives_a_restart(browser: Browser, tmp_path: Path) -> None:
    port = serving.free_port()
    with serving.app(tmp_path, port=port) as server:
        screen = Screen(browser.new_page(), server)
        screen.open({"layer": "linear", "seed": "4"}).painted()
        units = screen.control("p_linear_units").locator("input")
        units.fill("7")  # and not entered
    with serving.app(tmp_path, port=port):
        expect(screen.page.get_by_test_id("stConnectionStatus")).to_have_count(0)
        before = screen.runs
        screen.control("training").locator("label").first.click()
        screen.settle(before + 1)
        assert units.input_value() == "7"
        with screen.change():
            units.press("Enter")
        assert screen.shape("output:0")[-1] == 7
        assert "seed=4" in screen.link
        screen.page.close()


def test_a_module_that_cannot_be_had_at_first_is_asked_for_again(screen: Screen) -> None:
    refused: list[str] = []

    def refuse_three(route: Route) -> None:
        if len(refused) < 3:
            refused.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    screen.page.context.route("**/stage/**/stage.js", refuse_three)
    try:
        screen.open({"layer": "linear"}).painted()
    finally:
        screen.page.context.unroute("**/stage/**/stage.js")
    assert len(set(refused)) == 3, "each try has an address of its own"
    assert screen.shape("output:0") == (2, 4)
