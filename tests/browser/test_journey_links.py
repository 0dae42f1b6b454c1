"""Links: the same numbers in a fresh browser, and a clear message where a link was damaged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from screen import Screen

EXPERIMENTS: dict[str, dict[str, Any]] = {
    "typed values": {
        "layer": "my_layer",
        "inputs": [{"kind": "typed", "shape": [2, 4], "values": [1, 2.5, "nan", -3]}],
    },
    "a mask": {"layer": "masked_mean", "mask": {"kind": "typed", "values": [1, 1, 1, 0, 1, 0, 0, 0]}},
    "a seed": {"layer": "keras.layers.LSTM", "seed": 4711},
    "float64": {"layer": "linear", "dtype": "float64", "seed": 3},
    "training": {"layer": "keras.layers.Dropout", "training": True, "seed": 5},
    "edits": {"layer": "linear", "edits": [["weight:kernel", [0, 1], 0.1], ["input:0", [1, 1], -2]]},
}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_link_gives_the_same_numbers_in_a_fresh_browser(visitor: Callable[..., Screen], name: str) -> None:
    first, second = visitor(), visitor("second", viewport={"width": 1000, "height": 700})
    first.open(EXPERIMENTS[name]).painted()
    assert first.problems() == []
    second.go(first.link).painted()
    assert second.link == first.link
    assert second.tensors() == first.tensors()
    for tensor in first.tensors():
        np.testing.assert_array_equal(second.texts(tensor), first.texts(tensor))


def test_a_link_keeps_what_was_clicked_and_typed(visitor: Callable[..., Screen]) -> None:
    first, second = visitor(), visitor("second")
    first.open({"layer": "attention"}).painted()
    first.choose("p_attention_bias", "scalar")
    first.type("shape_attention_0", "1, 4, 2")
    first.choose("kind_attention_0", "Typed values")
    first.type("typed_attention_0", "1 2\n3 4\n5 6\n7 8.5")
    first.choose("mask_kind", "Mask the last steps")
    first.choose("dtype", "float64")
    assert first.problems() == [] and first.dtype("output:0") == "float64"
    assert first.numbers("input:0")[0, 3, 1] == 8.5
    alpha = first.numbers(first.named("alpha"))
    assert alpha[0, 3] == 0 and abs(alpha.sum() - 1) < 1e-12
    second.go(first.link).painted()
    for tensor in first.tensors():
        np.testing.assert_array_equal(second.texts(tensor), first.texts(tensor))


def test_a_long_link_is_compressed_and_works(visitor: Callable[..., Screen]) -> None:
    values = [round(0.37 * i * i - 11 * i, 3) for i in range(300)]
    first, second = visitor(), visitor("second")
    first.open({"layer": "my_layer", "inputs": [{"kind": "typed", "shape": [30, 10], "values": values}]}).painted()
    assert "z=" in first.link and len(first.link) < 8192 + 100
    np.testing.assert_array_equal(first.numbers("input:0").ravel(), np.array(values, "float32"))
    second.go(first.link).painted()
    np.testing.assert_array_equal(second.texts("output:0"), first.texts("output:0"))


DAMAGED = {
    "a parameter that is no number": ("params=%7B%22height%22%3A%22abc%22%7D", "height"),
    "broken JSON": ("params=%7B%22height%22%3A", "damaged"),
    "parameters that are a list": ("params=%5B1%5D", "Parameters"),
    "compressed garbage": ("z=AAAAgarbage", "damaged"),
    "a seed that is text": ("seed=abc", "damaged"),
    "a negative seed": ("seed=-3", "seed"),
    "an unknown dtype": ("dtype=float31", "dtype"),
    "an input of two axes and text": (
        "inputs=%5B%7B%22kind%22%3A%22ones%22%2C%22shape%22%3A%5B2%2C%22x%22%5D%7D%5D",
        "shape",
    ),
    "an unknown recipe": ("inputs=%5B%7B%22kind%22%3A%22magic%22%2C%22shape%22%3A%5B2%2C2%5D%7D%5D", ""),
    "an edit without a cell": ("edits=%5B%5B%22weight%3Akernel%22%5D%5D", "edit"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_link_says_so_and_shows_the_default(screen: Screen, name: str) -> None:
    query, word = DAMAGED[name]
    screen.go(f"{screen.server.address}/explore?layer=center_zero&{query}").painted()
    assert screen.alive
    told = " ".join(screen.problems())
    assert told and word.lower() in told.lower(), told
    assert "Traceback" not in told
    assert screen.numbers("output:0").sum() == 576

    screen.type("p_center_zero_width", "4")
    assert screen.problems() == []
    assert screen.numbers("output:0").sum() == 552


def test_an_unknown_layer_names_the_nearest_and_leads_on(screen: Screen) -> None:
    screen.open({"layer": "keras.layers.Dens"})
    assert screen.alive
    told = " ".join(screen.problems())
    assert "Dens" in told
    repair = screen.page.locator("[class*=st-key-repair_]").get_by_role("button").first
    with screen.change():
        repair.click()
    screen.painted()
    assert screen.problems() == []
    np.testing.assert_array_equal(screen.numbers("output:0").shape[:1], screen.numbers("input:0").shape[:1])


def test_the_back_button_walks_back_to_the_page_before(screen: Screen) -> None:
    screen.open({"layer": "linear"}).painted()
    before = screen.texts("output:0")
    screen.open({"layer": "my_multi_layer"}).painted()
    with screen.change():
        screen.page.go_back()
    screen.painted()
    np.testing.assert_array_equal(screen.texts("output:0"), before)
