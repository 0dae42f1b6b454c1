"""Every layer that takes pictures shows the same screen in Korean as in English: axes, tiles and every number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from screen import Screen

from explorer.i18n.translator import translator

READ = """(card) => {
  const button = card.querySelector("[data-tool=table]")
  if (button.getAttribute("aria-pressed") !== "true") button.click()
  return {
    tensor: card.dataset.tensor, shape: card.dataset.shape.split(",").map(Number),
    axes: ["rows", "columns", "facets"].map((part) => card.querySelector(`select[data-part=${part}]`)?.value ?? null),
    size: [card.querySelector("canvas.cells").style.width !== "", card.querySelectorAll("input[type=range]").length],
    tables: [...card.querySelectorAll(".table table")].map((table) =>
      [...table.querySelectorAll("tbody td")].map((cell) => cell.textContent)),
    words: card.querySelector(".shape strong").textContent,
  }
}"""


AXES = ("batch", "height", "width", "channels")
LAYERS = {
    "keras.layers.Conv2D": AXES,
    "max_pooling": AXES,
    "keras.layers.MaxPooling2D": AXES,
    "keras.layers.Conv2DTranspose": AXES,
    "keras.layers.DepthwiseConv2D": AXES,
    "keras.layers.Conv3D": ("batch", "depth", "height", "width", "channels"),
}
"""One of each kind. What the browser is told of all the others is compared where no browser is needed."""


def screens(visitor: Callable[..., Screen], layer: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What a fresh visitor sees of a layer, in English and in Korean."""
    seen = []
    for who, locale in (("english", "en-US"), ("korean", "ko-KR")):
        screen = visitor(who, locale=locale)
        screen.open({"layer": layer}).painted()
        assert screen.problems() == [], layer
        seen.append([screen.card(tensor).evaluate(READ) for tensor in screen.tensors()])
        screen.page.close()
    return seen[0], seen[1]


@pytest.mark.parametrize("layer", LAYERS)
def test_an_image_layer_shows_the_same_pictures_in_both_languages(visitor: Callable[..., Screen], layer: str) -> None:
    axes, height = LAYERS[layer], translator("ko")("height")
    english, korean = screens(visitor, layer)
    for one, other in zip(english, korean, strict=True):
        words = (one.pop("words"), other.pop("words"))
        assert one == other, one["tensor"]
        assert one["tables"] and all(one["tables"]), f"{one['tensor']} shows no number"
        if one["tensor"] in ("input:0", "output:0"):
            assert one["axes"][:2] == [str(axes.index("height")), str(axes.index("width"))]
            assert "height" in words[0] and height in words[1]
