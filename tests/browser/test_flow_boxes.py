"""No text of a flow is cut, leaves the stage or lies on another, whatever the language and the width."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest
from screen import Screen

from tools.screenshots import LAYERS, WINDOWS

_DRAWN = """(flow) => {
  const told = (node) => {
    const { left, top, right, bottom } = node.getBoundingClientRect()
    return { text: node.textContent, left, top, right, bottom }
  }
  const board = told(flow.querySelector(".board"))
  const main = document.querySelector("[data-testid=stMain]")
  const cut = [...flow.querySelectorAll("button, .place, .notes, .crumbs, .where")]
    .filter((node) => node.offsetWidth && node.scrollWidth > node.clientWidth + 1)
  return {
    board, window: innerHeight, sideways: main.scrollWidth - main.clientWidth,
    below: told(flow).bottom + (main.scrollTop ?? 0),
    cut: cut.filter((node) => !node.closest(".lines")).map((node) => node.textContent),
    texts: [...flow.querySelectorAll(".board svg text")].map(told),
  }
}"""


def overlaps(one: dict[str, Any], other: dict[str, Any], most: float = 2.5) -> bool:
    """Whether two texts share more than a sliver: boxes of letters are higher than the letters."""
    across = min(one["right"], other["right"]) - max(one["left"], other["left"])
    down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    return across > most and down > most


@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
@pytest.mark.parametrize("layer", LAYERS)
def test_every_text_has_its_place(visitor: Callable[..., Screen], layer: str, locale: str) -> None:
    screen = visitor(locale, locale=locale)
    screen.open({"layer": layer}).painted()
    faults = []
    for width, height in WINDOWS:
        screen.page.set_viewport_size({"width": width, "height": height})
        screen.page.wait_for_timeout(250)
        inked = [
            {
                "text": one["text"],
                "left": one["left"],
                "right": one["left"] + one["width"],
                "top": one["y"] - one["size"] * 0.4,
                "bottom": one["y"] + one["size"] * 0.4,
            }
            for one in screen.inked()
        ]
        drawn = screen.flow.evaluate(_DRAWN)
        board, texts = drawn["board"], [*drawn["texts"], *inked]
        assert texts
        if drawn["sideways"] > 0:
            faults.append(f"{width}: the page scrolls sideways by {drawn['sideways']}")
        if width >= 1440 and drawn["below"] > drawn["window"]:
            faults.append(f"{width}: the flow ends {drawn['below'] - drawn['window']:.0f} below the window")
        faults += [f"{width}: {text!r} is cut" for text in drawn["cut"]]
        for one in texts:
            if one["left"] < board["left"] - 1 or one["right"] > board["right"] + 1:
                faults.append(f"{width}: {one['text']!r} leaves the stage at a side")
            if one["top"] < board["top"] - 1 or one["bottom"] > board["bottom"] + 1:
                faults.append(f"{width}: {one['text']!r} leaves the stage above or below")
        faults += [
            f"{width}: {one['text']!r} lies on {other['text']!r}"
            for one, other in combinations(texts, 2)
            if overlaps(one, other)
        ]
    assert faults == []
