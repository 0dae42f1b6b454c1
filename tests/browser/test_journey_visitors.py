"""Two visitors do not disturb each other, and a reload brings back what was there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from screen import Screen


def test_two_tabs_each_keep_their_own_numbers(visitor: Callable[..., Screen]) -> None:
    one, two = visitor(), visitor()
    one.open({"layer": "linear"}).painted()
    two.open({"layer": "linear", "seed": 9}).painted()
    first = one.texts("weight:kernel")
    assert (two.texts("weight:kernel") != first).any()
    two.type("p_linear_units", "6")
    two.edit("weight:kernel", 0, 0, "2")
    one.type("shape_linear_0", "3, 2")
    np.testing.assert_array_equal(one.texts("weight:kernel"), first)
    assert one.shape("output:0") == (3, 4) and two.shape("output:0") == (2, 6)
    assert two.point_at("weight:kernel", 0, 0) == "2"


def test_a_reload_brings_the_experiment_back(screen: Screen) -> None:
    screen.open({"layer": "attention"}).painted()
    screen.type("shape_attention_0", "1, 6, 2")
    before = {tensor: screen.texts(tensor) for tensor in screen.tensors()}
    screen.reload()
    screen.painted()
    assert screen.typed("shape_attention_0") == "1, 6, 2"
    for tensor, texts in before.items():
        np.testing.assert_array_equal(screen.texts(tensor), texts)


def test_the_link_survives_a_walk_through_the_other_pages(screen: Screen) -> None:
    screen.open({"layer": "linear", "seed": 3}).painted()
    kernel, link = screen.texts("weight:kernel"), screen.link
    for page in ("Layers", "Then and now", "Explore"):
        with screen.change():
            screen.page.get_by_role("link", name=page, exact=True).click()
    screen.painted()
    np.testing.assert_array_equal(screen.texts("weight:kernel"), kernel)
    assert screen.link == link


def test_a_reload_in_the_middle_of_a_change(screen: Screen) -> None:
    screen.open({"layer": "keras.layers.LSTM"}).painted()
    field = screen.control("shape_keras.layers.LSTM_0").locator("input")
    field.fill("1, 1502, 3")
    field.press("Enter")
    screen.page.get_by_text("Computing …").wait_for()
    screen.reload()
    screen.painted()
    assert screen.alive and screen.problems() == []
    assert screen.shape("input:0") in ((2, 5, 3), (1, 1502, 3))
    screen.type("p_keras.layers.LSTM_units", "2")
    assert screen.shape("output:0")[-1] == 2


def test_changes_that_follow_quickly_end_with_the_last(screen: Screen) -> None:
    screen.open({"layer": "linear"}).painted()
    field = screen.control("p_linear_units").locator("input")
    for units in ("5", "6", "7", "8", "9"):
        field.fill(units)
        field.press("Enter")
    screen.page.wait_for_function("() => location.search.includes('9')")
    screen.settle()
    assert screen.shape("output:0") == (2, 9)
    expected = screen.numbers("input:0") @ screen.numbers("weight:kernel")
    np.testing.assert_allclose(screen.numbers("output:0"), expected, rtol=1e-6, atol=1e-8)
