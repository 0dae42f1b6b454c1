"""The X-ray in a real browser: what a touched cell lights up, and what is said where there is nothing to draw."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect
from test_stage_browser import address, browser, page  # noqa: F401  (fixtures)

VIOLET = "(c, [x, y]) => [...c.getContext('2d').getImageData(c.width * x, c.height * y, 1, 1).data]"


def open_xray(page: Page, address: str, more: str = "") -> Locator:  # noqa: F811
    page.goto(f"{address}/?set=xray{more}")
    root = page.locator("[data-testid=xray][data-painted]")
    root.locator(".expression").wait_for()
    return root


def part(root: Locator, tensor: str) -> Locator:
    return root.locator(f"[data-part='{tensor}']")


def hover(card: Locator, row: int, column: int) -> Locator:
    """Move the keyboard's cursor to a cell; gives the readout."""
    overlay = card.locator("canvas.overlay")
    overlay.focus()
    overlay.press("Control+Home")
    overlay.press("Control+Home")
    for key in ["ArrowDown"] * row + ["ArrowRight"] * column:
        overlay.press(key)
    return card.locator("[data-readout]")


def test_a_touched_cell_shows_its_trail_and_its_arithmetic(page: Page, address: str) -> None:  # noqa: F811
    root = open_xray(page, address)
    expect(root.locator(".arithmetic")).to_be_hidden()
    hover(part(root, "step:0"), 1, 1)
    part(root, "step:0").locator("canvas.overlay").press("Enter")
    sum_ = root.locator(".arithmetic")
    expect(sum_.locator("[data-part=value]")).to_have_text("8")
    assert [row.inner_text().split() for row in sum_.locator("tbody tr").all()] == [
        ["0", "=", "3", "x[1,", "0]", "×", "0", "w[0,", "1]"],
        ["8", "=", "4", "x[1,", "1]", "×", "2", "w[1,", "1]"],
        ["0", "=", "5", "x[1,", "2]", "×", "0", "w[2,", "1]"],
        ["8", "sum", "of", "3"],
    ]
    expect(sum_).to_contain_text("A true note.")
    readout = hover(part(root, "input:x"), 1, 1)
    expect(readout.locator(".value")).to_have_text("4")
    expect(readout.locator(".where")).to_contain_text("counts 2")
    expect(hover(part(root, "input:x"), 0, 1).locator(".where")).to_contain_text("does not count")
    expect(hover(part(root, "weight:w"), 2, 1).locator(".where")).to_contain_text("counts 5")
    picture = part(root, "input:x").locator("canvas.overlay")
    veiled, counted = (picture.evaluate(VIOLET, place) for place in ([0.5, 0.35], [0.5, 0.75]))
    assert veiled[3] > 150 and counted[3] == 0, "cells that do not count are veiled, the one that counts is not"
    sum_.get_by_role("button", name="x[1, 1]").click()  # a number leads to its own cell
    expect(sum_.locator("[data-part=value]")).to_have_text("4")
    expect(sum_).to_contain_text("A number of the input.")
    page.keyboard.press("Escape")
    expect(sum_).to_be_hidden()
    assert picture.evaluate(VIOLET, [0.5, 0.35])[3] == 0, "nothing is veiled any more"
    axe = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert axe.response["violations"] == []


def test_what_is_missing_is_named(page: Page, address: str) -> None:  # noqa: F811
    root = open_xray(page, address)
    root.locator("[data-move=next]").click()
    expect(root.locator(".missing:visible")).to_have_text("This value was not recorded.")
    expect(root.locator(".notes")).to_have_text("A note.")
    root = open_xray(page, address, "&source=none")
    expect(root.locator(".code")).to_contain_text("There is no Python source")
    expect(root.locator(".place")).to_have_text("Step 1 of 1")
    expect(part(root, "step:0").locator("dl")).to_contain_text("max8")
    expect(root.locator("[data-move=play]")).to_be_disabled()
