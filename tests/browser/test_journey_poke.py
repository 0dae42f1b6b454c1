"""A cell is changed: only what follows from it is marked, and by how much it moved."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from playwright.sync_api import expect
from screen import Screen

LINEAR = {"layer": "linear", "inputs": [{"kind": "normal", "shape": [3, 2]}]}
_BRIGHT = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
  let count = 0
  for (let at = 0; at < data.length; at += 4) count += data[at + 3] > 20 && data[at] > 150 && data[at + 2] < 110
  return count
}"""


def line(screen: Screen, tensor: str) -> str:
    return screen.card(tensor).locator("[data-changed]").inner_text()


def poke(screen: Screen, tensor: str, row: int, column: int, text: str) -> None:
    """Set a cell and wait until the picture follows: touching the cell to edit it runs the script as well."""
    screen.edit(tensor, row, column, text)
    expect(screen.card(tensor).locator("[data-changed]")).not_to_be_empty()


def bright(screen: Screen, tensor: str) -> int:
    """How many pixels above a picture are marked as changed."""
    return int(screen.card(tensor).locator("canvas.overlay").evaluate(_BRIGHT))


def test_one_edited_weight_marks_one_column_and_tells_the_difference(visitor: Callable[..., Screen]) -> None:
    screen = visitor("still", reduced_motion="reduce")
    screen.open(LINEAR).painted()
    before = {tensor: screen.numbers(tensor) for tensor in screen.tensors()}
    assert all(line(screen, tensor) == "" for tensor in before)
    poke(screen, "weight:kernel", 1, 2, "3.25")
    after = {tensor: screen.numbers(tensor) for tensor in before}

    moved = {tensor: after[tensor] - before[tensor] for tensor in before}
    for tensor, difference in moved.items():
        count = int((difference != 0).sum())
        if not count:
            assert line(screen, tensor) == "" and bright(screen, tensor) == 0
            continue
        largest = difference.ravel()[np.abs(difference).argmax()]
        told = line(screen, tensor)
        assert told.startswith(f"{count} of {difference.size} cells changed, largest ")
        assert np.float32(told.split()[-1]) == np.float32(f"{largest:.6g}")
        assert bright(screen, tensor) > 0
    assert (moved["output:0"] != 0).sum() == 3 and (moved["weight:kernel"] != 0).sum() == 1

    screen.point_at("output:0", 1, 2)
    where = screen.card("output:0").locator("[data-readout] .where").inner_text()
    (told,) = (part for part in where.split(" · ") if part.endswith("since the last change"))
    assert np.float32(told.split()[0]) == moved["output:0"][1, 2]
    screen.point_at("output:0", 1, 1)
    assert "since the last change" not in screen.card("output:0").locator("[data-readout] .where").inner_text()

    screen.card("output:0").locator("canvas.overlay").press("Escape")
    assert all(line(screen, tensor) == "" and bright(screen, tensor) == 0 for tensor in before)


def test_marks_fade_and_the_line_stays(screen: Screen) -> None:
    screen.open(LINEAR).painted()
    poke(screen, "input:0", 0, 0, "9")
    told = line(screen, "output:0")
    assert told.startswith("4 of 12 cells changed")
    screen.page.wait_for_timeout(1700)
    assert bright(screen, "output:0") == 0 and line(screen, "output:0") == told


def test_another_seed_is_told_without_marks_and_another_layer_not_at_all(visitor: Callable[..., Screen]) -> None:
    screen = visitor("still", reduced_motion="reduce")
    screen.open(LINEAR).painted()
    screen.type("seed", "5")
    assert line(screen, "weight:kernel").startswith("8 of 8 cells changed")
    assert bright(screen, "weight:kernel") == bright(screen, "output:0") == 0
    assert line(screen, "weight:bias") == ""
    screen.press("undo")
    assert line(screen, "weight:kernel").startswith("8 of 8 cells changed")
    screen.choose("layer", "Dense")
    assert "weight:kernel" in screen.tensors()  # the same names, and nothing to compare
    assert all(line(screen, tensor) == "" for tensor in screen.tensors())
