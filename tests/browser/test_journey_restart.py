"""The server ends and starts again, or a file of it cannot be had for a while: page and reader go on."""

from __future__ import annotations

from pathlib import Path

import pytest
import serving
from playwright.sync_api import Browser, Route
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
