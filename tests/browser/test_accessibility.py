"""axe finds nothing serious, and the keyboard alone reaches and changes everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from screen import Screen
from violations import serious

_FOCUSED = """() => {
  let node = document.activeElement
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement
  const near = (selector) => {
    for (let at = node; at; at = at.parentElement ?? at.getRootNode().host) if (at.matches?.(selector)) return at
  }
  const key = [...(near('[class*="st-key-"]')?.classList ?? [])].find((name) => name.startsWith("st-key-"))
  return {
    tag: node.tagName, role: node.getAttribute("role"), type: node.type ?? "", class: String(node.className),
    key: (key ?? "").replace("st-key-", ""), tensor: near("[data-tensor]")?.dataset.tensor ?? "",
    layer: node.dataset?.layer ?? "", value: node.dataset?.value ?? "",
  }
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(visitor: Callable[..., Screen], scheme: str) -> None:
    screen = visitor(color_scheme=scheme)
    found: dict[str, Any] = {}
    screen.go(screen.server.address)
    found["gallery"] = serious(screen, scheme)
    screen.open({"layer": "attention"}).painted()
    screen.card("output:0").locator("[data-tool=table]").click()
    found["explore"] = serious(screen, scheme)
    screen.type("shape_attention_0", "2, 3")
    found["explore with a problem"] = serious(screen, scheme)
    screen.open(page="then-and-now")
    found["then and now"] = serious(screen, scheme)
    assert not any(found.values()), found


def tab_until(screen: Screen, reached: Callable[[dict[str, str]], bool], most: int = 120) -> dict[str, str]:
    for _ in range(most):
        screen.page.keyboard.press("Tab")
        focused: dict[str, str] = screen.page.evaluate(_FOCUSED)
        if reached(focused):
            return focused
    raise AssertionError(f"{most} presses of Tab did not lead there")


def test_tab_reaches_the_search_and_a_card_which_enter_opens(screen: Screen) -> None:
    screen.go(screen.server.address)
    tab_until(screen, lambda focused: focused["type"] == "search")
    screen.page.keyboard.type("centerzero")
    card = tab_until(screen, lambda focused: bool(focused["layer"]))
    assert card["layer"] == "center_zero"
    with screen.change():
        screen.page.keyboard.press("Enter")
    screen.painted()
    assert screen.numbers("output:0").sum() == 576


def test_the_keyboard_alone_changes_a_parameter_and_a_cell(screen: Screen) -> None:
    screen.open({"layer": "linear"}).painted()
    tab_until(screen, lambda focused: focused["key"] == "p_linear_units" and focused["tag"] == "INPUT")
    screen.page.keyboard.press("Control+A")
    screen.page.keyboard.type("3")
    with screen.change():
        screen.page.keyboard.press("Enter")
    assert screen.shape("output:0") == (2, 3)

    tab_until(screen, lambda focused: focused["value"] == "weight:kernel")
    screen.page.keyboard.press("Enter")  # opens it large
    tab_until(screen, lambda focused: focused["tensor"] == "weight:kernel" and "overlay" in focused["class"])
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        screen.page.keyboard.press(key)
    with screen.change():  # the first Enter asks where the number came from
        screen.page.keyboard.press("Enter")
    screen.page.keyboard.press("Enter")
    screen.page.keyboard.press("Control+A")
    screen.page.keyboard.type("-4.5")
    with screen.change():
        screen.page.keyboard.press("Enter")
    focused = screen.page.evaluate(_FOCUSED)
    assert focused["tensor"] == "weight:kernel" and "overlay" in focused["class"]
    assert screen.numbers("weight:kernel")[1, 1] == -4.5
