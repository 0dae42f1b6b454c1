"""Cells are coloured by where they come from: without a message to the server, and nothing moves."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, expect
from screen import Screen
from test_journey_drag import ATTENTION, come
from test_journey_flow import WINDOW, written

from benchmarks.chromium import sent_by

_COLOUR = """(flow, [x, y]) => {
  const canvas = flow.querySelector(".board canvas")
  const box = canvas.getBoundingClientRect()
  const ratio = canvas.width / box.width
  const [red, green, blue] = canvas.getContext("2d").getImageData((x - box.x) * ratio, (y - box.y) * ratio, 1, 1).data
  return `${red} ${green} ${blue}`
}"""


def origins(screen: Screen) -> Locator:
    return screen.flow.locator("select[data-does=origin]")


def colour(screen: Screen, place: dict[str, Any]) -> str:
    """The colour of a cell, beside its number."""
    return str(screen.flow.evaluate(_COLOUR, [place["x"], place["y"] - place["size"] * 0.8]))


def test_a_cell_has_the_colour_of_the_step_that_it_comes_from(screen: Screen) -> None:
    page = screen.page
    page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
    screen.open(ATTENTION).painted()
    x = screen.numbers("input:0")
    page.keyboard.press("Escape")
    come(screen)
    expect(origins(screen).locator("option")).to_have_text(["Colour by number", "Colour by time", "Colour by features"])
    parts = [screen.flow.locator(part) for part in (".board", ".scrub", ".dock")]
    before = [part.bounding_box() for part in parts]
    origins(screen).select_option("input:0@1")
    expect(screen.flow.locator(".origins")).to_have_text(re.compile("time.*0.*4.*of several"))
    assert [part.bounding_box() for part in parts] == before, "nothing moves"
    steps = [[colour(screen, written(screen, float(number))) for number in row] for row in x[0]]
    assert all(len(set(row)) == 1 for row in steps), "all features of a step have its colour"
    assert len({row[0] for row in steps}) == 5, "each step has a colour of its own"
    page.wait_for_url(re.compile("origin=input"))
    frames = sent_by(page)
    place = written(screen, float(x[0, 3, 1]))
    page.mouse.move(place["x"], place["y"], steps=4)
    expect(screen.flow.locator(".tip-box .origin")).to_have_text("from time 3, features 1")
    page.wait_for_timeout(1000)
    assert frames == [], "pointing sends nothing"
    origins(screen).select_option("")
    expect(screen.flow.locator(".origins")).to_be_hidden()


def test_a_link_colours_the_cells(screen: Screen) -> None:
    screen.open(ATTENTION, origin="input:0@2").painted()
    come(screen)
    expect(origins(screen)).to_have_value("input:0@2")
    expect(screen.flow.locator(".origins b")).to_have_text("features")
