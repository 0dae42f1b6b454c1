"""The form and what stands around the flow: on a phone, and with the clipboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator
from screen import Screen

_SIDEWAYS = """() => [...document.querySelectorAll("html, [data-testid=stMain]")]
  .map((place) => place.scrollWidth - place.clientWidth)"""
PHONE = {"width": 390, "height": 844}


def box(place: Locator) -> dict[str, float]:
    found = place.bounding_box()
    assert found is not None
    return dict(found)


def apart(one: Locator, other: Locator) -> bool:
    a, b = box(one), box(other)
    return (
        a["x"] + a["width"] <= b["x"]
        or b["x"] + b["width"] <= a["x"]
        or a["y"] + a["height"] <= b["y"]
        or b["y"] + b["height"] <= a["y"]
    )


def test_the_link_is_copied_and_says_so(visitor: Callable[..., Screen]) -> None:
    screen = visitor("links", permissions=["clipboard-read", "clipboard-write"])
    screen.open({"layer": "linear"}).painted()
    screen.type("p_linear_units", "3")
    button = screen.page.get_by_role("button", name="Copy link", exact=True)
    button.click()
    screen.page.get_by_role("status").get_by_text("Copied", exact=True).wait_for()
    copied = screen.page.evaluate("() => navigator.clipboard.readText()")
    assert copied == screen.link and "units" in copied


def test_the_buttons_are_called_by_their_words(screen: Screen) -> None:
    screen.open({"layer": "linear"}).painted()
    for words in ("Undo", "Redo", "Reset", "Copy link", "Another seed"):
        assert screen.page.get_by_role("button", name=words, exact=True).count() == 1, words


@pytest.mark.parametrize("layer", ["attention", "keras.layers.Conv2D"])
def test_on_a_phone_there_is_one_column_and_the_form_is_a_sheet(visitor: Callable[..., Screen], layer: str) -> None:
    screen = visitor("phone", viewport=PHONE)
    screen.open({"layer": layer}).painted()
    assert not screen.control("undo").is_visible() or box(screen.control("undo"))["x"] < 0
    language = screen.control("language_box")
    opener = screen.page.get_by_test_id("stExpandSidebarButton")
    assert apart(language, opener) and apart(language, screen.page.locator("h1"))
    for title in screen.tabs():
        screen.tab(title)
        assert screen.page.evaluate(_SIDEWAYS) == [0, 0], title
    opener.click()
    closer = screen.page.get_by_test_id("stSidebarCollapseButton").locator("button")
    closer.click()
    assert "language=ko" not in screen.link


def test_the_form_does_not_move_when_a_note_changes(screen: Screen) -> None:
    screen.open({"layer": "linear"}).painted()
    flow = screen.page.get_by_test_id("flow").first
    before, form = box(flow)["y"], box(screen.control("p_linear_units"))["y"]
    screen.type("p_linear_units", "3")  # no example's any more: the line beside the heading is another one
    assert (box(flow)["y"], box(screen.control("p_linear_units"))["y"]) == (before, form)
