"""Every example of every layer opens with one click, runs, and agrees with NumPy."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from screen import Screen

import layers
from explorer.claims import SOURCES

CARDS = layers.catalogue()


@pytest.mark.parametrize("layer", [name for name, card in CARDS.items() if card.examples])
def test_every_preset_opens_and_agrees(screen: Screen, layer: str) -> None:
    card = CARDS[layer]
    screen.open({"layer": layer})
    if not card.symbolic:
        screen.painted()
    pills = screen.control(f"preset_{layer}").locator("button")
    expect(pills).to_have_count(len(card.examples))
    for number, example in enumerate(card.examples):
        if pills.nth(number).get_attribute("aria-checked") != "true":
            with screen.change():
                pills.nth(number).click()
        where = f"{layer}: {example.title}"
        assert screen.problems() == [], where
        assert screen.alive, where
        assert pills.nth(number).get_attribute("aria-checked") == "true", where
        if example.document:
            assert SOURCES[example.document].name in screen.control("heading").inner_text()
        if not card.symbolic:
            assert screen.mark().startswith("NumPy agrees"), f"{where}: {screen.mark()!r}"
            assert not screen.stale, where


def test_the_chosen_preset_stays_chosen_when_it_is_clicked_again(screen: Screen) -> None:
    screen.open().painted()
    pill = screen.control("preset_center_zero").locator("button").first
    assert pill.get_attribute("aria-checked") == "true"
    with screen.change():
        pill.click()
    assert pill.get_attribute("aria-checked") == "true"
