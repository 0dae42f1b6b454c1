"""What a touch does and leaves alone: a cell is asked about before it is changed, and nothing jumps or is covered."""

from __future__ import annotations

from collections.abc import Callable

from screen import Screen


def test_the_first_enter_asks_and_the_second_changes(screen: Screen) -> None:
    screen.open({"layer": "attention"}).painted()
    screen.touch("input:0", 0, 1, 1)
    field = screen.card("input:0").locator("input.edit")
    assert screen.sum.count() == 1 and field.count() == 0
    number = screen.sum.locator("[data-part=value]").inner_text()
    screen.card("input:0").locator("canvas.overlay").press("Enter")
    assert field.input_value() == number and len(number) > 8
    assert field.evaluate("field => field.scrollWidth <= field.clientWidth"), "the whole number is seen"
    field.press("Escape")
    screen.card("input:0").locator("canvas.overlay").press("7")
    assert field.input_value() == "7"
    with screen.change():
        field.press("Enter")
    assert screen.numbers("input:0")[0, 1, 1] == 7


def test_the_picture_stays_where_it_is_when_a_note_goes(screen: Screen) -> None:
    screen.open({"layer": "center_zero"}).painted()
    place = "node => node.getBoundingClientRect().top + document.querySelector('[data-testid=stMain]').scrollTop"
    before = screen.card("input:0").evaluate(place)
    screen.type("p_center_zero_height", "3")
    assert screen.control("preset_center_zero").locator("[aria-checked=true]").count() == 0
    assert screen.card("input:0").evaluate(place) == before


def test_on_a_phone_the_sidebar_closes_by_its_own_button(visitor: Callable[..., Screen]) -> None:
    screen = visitor("phone", viewport={"width": 390, "height": 844})
    screen.open({"layer": "linear"}).painted()
    screen.page.get_by_test_id("stExpandSidebarButton").click()
    screen.page.get_by_test_id("stSidebarCollapseButton").locator("button").click()  # a covered button takes no click
    screen.page.get_by_test_id("stExpandSidebarButton").wait_for()
    assert "language=ko" not in screen.link
