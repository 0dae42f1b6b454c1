"""Bad input: a clear sentence, the page alive, the picture still there, nothing typed lost."""

from __future__ import annotations

import pytest
from screen import Screen

SHAPES = {
    "text": ("10, x", "whole numbers"),
    "a negative size": ("-1, 3", "negative"),
    "10^12 cells": ("1000000, 1000000", "cells"),
    "a fraction": ("3.5", "whole numbers"),
    "five words": ("a b c d e", "whole numbers"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_bad_shape_is_told_under_its_field_and_stays_typed(screen: Screen, name: str) -> None:
    typed, word = SHAPES[name]
    screen.open().painted()
    screen.type("shape_center_zero_0", typed)
    told = screen.page.locator("[data-testid=stSidebar]").inner_text()
    assert "Expected" in told and "Received" in told
    assert word in told.lower()
    assert screen.typed("shape_center_zero_0") == typed
    assert screen.alive
    assert screen.numbers("output:0").sum() == 576

    screen.type("p_center_zero_height", "4")
    assert screen.typed("shape_center_zero_0") == typed
    assert (screen.numbers("output:0") == 0).sum() == 8
    screen.type("shape_center_zero_0", "4, 4")
    assert screen.shape("output:0") == (4, 4)
    assert "Received" not in screen.page.locator("[data-testid=stSidebar]").inner_text()


def test_a_shape_that_the_layer_refuses_keeps_the_last_good_picture(screen: Screen) -> None:
    screen.open({"layer": "attention"}).painted()
    before = screen.texts("output:0").tolist()
    screen.type("shape_attention_0", "2, 3")
    [told] = screen.problems()
    assert "Expected" in told and "Received" in told and "Traceback" not in told
    assert screen.stale
    assert screen.texts("output:0").tolist() == before
    assert screen.typed("shape_attention_0") == "2, 3"
    screen.press("undo")
    assert screen.problems() == [] and not screen.stale


def test_two_inputs_that_disagree_name_both_numbers_and_offer_a_repair(screen: Screen) -> None:
    screen.open({"layer": "my_multi_layer"}).painted()
    screen.type("shape_my_multi_layer_1", "3, 5")
    [told] = screen.problems()
    assert "4" in told and "5" in told
    repair = screen.page.locator("[class*=st-key-repair_]").get_by_role("button").first
    with screen.change():
        repair.click()
    assert screen.problems() == []
    a, b, kernel = (screen.numbers(name) for name in ("input:0", "input:1", "weight:kernel"))
    assert abs(screen.numbers("output:0") - (a @ kernel + b)).max() < 1e-3


@pytest.mark.parametrize("token", ["21", "400"])
def test_a_token_outside_the_vocabulary_is_told_with_both_numbers(screen: Screen, token: str) -> None:
    screen.open({"layer": "keras.layers.Embedding"}).painted()
    screen.type("typed_keras.layers.Embedding_0", f"4 {token}")
    told = " ".join(screen.problems())
    assert token in told and ("20" in told or "21" in told), told
    assert screen.typed("typed_keras.layers.Embedding_0").split() == ["4", token]
    failed = screen.flow.locator(
        ".code .failed"
    )  # the flow shows how far the call came, and its source where it failed
    assert failed.inner_text().startswith("It failed here.") and not screen.stale
    assert screen.flow.locator(".code .source-line.now").count()


def test_the_token_minus_one_gives_the_last_row_and_the_page_says_so(screen: Screen) -> None:
    screen.open({"layer": "keras.layers.Embedding"}).painted()
    screen.type("typed_keras.layers.Embedding_0", "4 -1")
    table, output = screen.numbers("weight:embeddings"), screen.numbers("output:0")
    assert (output[1, 0] == table[-1]).all()
    assert "-1" in screen.flow.locator(".notes").inner_text()


def test_text_among_typed_values(screen: Screen) -> None:
    screen.open({"layer": "my_layer"}).painted()
    before = screen.texts("output:0").tolist()
    screen.choose("kind_my_layer_0", "Typed values")
    screen.type("typed_my_layer_0", "1 2 three")
    assert "three" in screen.page.locator("[data-testid=stSidebar]").inner_text()
    assert screen.typed("typed_my_layer_0") == "1 2 three"
    assert screen.texts("output:0").tolist() == before


@pytest.mark.parametrize(
    ("layer", "shape"),
    [("center_zero", "2, 2, 2, 4, 4"), ("linear", "1, 2, 1, 2, 3"), ("center_zero", "0, 10"), ("linear", "0, 3")],
)
def test_five_axes_and_no_cells_run_or_say_why(screen: Screen, layer: str, shape: str) -> None:
    screen.open({"layer": layer}).painted()
    screen.type(f"shape_{layer}_0", shape)
    assert screen.alive
    sizes = tuple(int(size) for size in shape.split(","))
    if screen.problems():
        assert "Expected" in screen.problems()[0]
        assert screen.stale
    else:
        assert screen.shape("input:0") == sizes
        last = sizes[-1] if layer == "center_zero" else 4
        assert screen.shape("output:0") == (*sizes[:-1], last)
    assert screen.typed(f"shape_{layer}_0") == shape


def test_a_parameter_beyond_its_range_is_refused_and_stays_typed(screen: Screen) -> None:
    screen.open({"layer": "max_pooling"}).painted()
    screen.type("p_max_pooling_pool_size", "2, two")
    assert "two" in screen.page.locator("[data-testid=stSidebar]").inner_text()
    assert screen.typed("p_max_pooling_pool_size") == "2, two"
    screen.type("p_max_pooling_pool_size", "9, 9")
    told = " ".join(screen.problems())
    assert told == "" or "Expected" in told
    assert screen.typed("p_max_pooling_pool_size") == "9, 9"
    assert screen.alive
