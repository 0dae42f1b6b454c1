"""A cell set by hand in the picture: the output follows, and so do undo, redo, reset and the link."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from screen import Screen

LINEAR = {"layer": "linear"}


def test_an_edited_weight_changes_the_output_and_travels_in_the_link(visitor: Callable[..., Screen]) -> None:
    screen = visitor()
    screen.open(LINEAR).painted()
    before = screen.numbers("output:0")
    screen.edit("weight:kernel", 1, 2, "3.25")
    kernel, after = screen.numbers("weight:kernel"), screen.numbers("output:0")
    assert kernel[1, 2] == np.float32(3.25) and screen.point_at("weight:kernel", 1, 2) == "3.25"
    np.testing.assert_allclose(after, screen.numbers("input:0") @ kernel + screen.numbers("weight:bias"), rtol=1e-6)
    assert (after[:, 2] != before[:, 2]).all()
    np.testing.assert_array_equal(after[:, [0, 1, 3]], before[:, [0, 1, 3]])
    assert screen.mark().startswith("NumPy agrees")

    other = visitor("second")
    other.go(screen.link).painted()
    for tensor in screen.tensors():
        np.testing.assert_array_equal(other.texts(tensor), screen.texts(tensor))


def test_undo_redo_and_reset(screen: Screen) -> None:
    screen.open(LINEAR).painted()
    before = screen.texts("output:0")
    screen.edit("input:0", 0, 0, "-7")
    edited = screen.texts("output:0")
    assert (edited[0] != before[0]).all() and (edited[1] == before[1]).all()
    screen.press("undo")
    np.testing.assert_array_equal(screen.texts("output:0"), before)
    screen.press("redo")
    np.testing.assert_array_equal(screen.texts("output:0"), edited)
    screen.press("drop_edits")
    np.testing.assert_array_equal(screen.texts("output:0"), before)
    screen.type("p_linear_units", "2")
    screen.press("reset")
    np.testing.assert_array_equal(screen.texts("output:0"), before)


def test_a_cell_takes_what_floats_hold_and_nothing_else(screen: Screen) -> None:
    screen.open(LINEAR).painted()
    screen.edit("weight:kernel", 0, 0, "nan")
    output = screen.numbers("output:0")
    assert np.isnan(output[:, 0]).all() and np.isfinite(output[:, 1:]).all()
    screen.edit("weight:kernel", 0, 0, "-inf")
    assert (screen.numbers("output:0")[:, 0] == -np.inf).all()

    screen.point_at("weight:kernel", 0, 1)
    overlay = screen.card("weight:kernel").locator("canvas.overlay")
    overlay.press("F2")
    field = screen.card("weight:kernel").locator("input.edit")
    field.fill("six")
    field.press("Enter")
    assert "six" in screen.card("weight:kernel").locator(".editor [role=alert]").inner_text()
    assert field.input_value() == "six"


def test_a_new_seed_gives_new_weights_and_the_old_seed_the_old_ones(screen: Screen) -> None:
    screen.open(LINEAR).painted()
    before = screen.texts("weight:kernel")
    screen.type("seed", "8")
    assert (screen.texts("weight:kernel") != before).any()
    screen.type("seed", "0")
    np.testing.assert_array_equal(screen.texts("weight:kernel"), before)
