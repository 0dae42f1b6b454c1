"""English and Korean: chosen by the browser at first, switched in the page, and the numbers are the same."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from screen import Screen

import layers
from explorer.claims import claims
from explorer.i18n.translator import translator

TERMS = ("Parameters", "Inputs", "Next layers", "Call")
ENGLISH, KOREAN = translator("en"), translator("ko")


def shown(screen: Screen) -> list[str]:
    return screen.page.locator("[data-testid=stSidebar] h3").all_inner_texts()[: len(TERMS)]


def switch(screen: Screen, language: str) -> None:
    with screen.change():
        screen.control("language").get_by_role("radio", name=language).click()


def test_a_korean_browser_starts_in_korean(visitor: Callable[..., Screen]) -> None:
    screen = visitor("korean", locale="ko-KR")
    screen.open({"layer": "linear"}).painted()
    assert shown(screen) == [KOREAN(term) for term in TERMS]
    assert all(KOREAN(term) != term for term in TERMS)
    line = screen.control("heading_line").inner_text()
    card = layers.catalogue()["linear"]
    told = [KOREAN(said).replace("`", "") for said in (card.summary, *(example.shows for example in card.examples))]
    assert line.strip().startswith(tuple(told))
    assert re.search("[가-힣]", line)
    assert screen.card("weight:kernel").locator(".chip").first.inner_text() == KOREAN("weight")


def test_the_page_switches_to_korean_and_back_and_keeps_its_numbers(screen: Screen) -> None:
    screen.open({"layer": "linear", "seed": 2}).painted()
    numbers = screen.texts("output:0")
    assert shown(screen) == list(TERMS)
    switch(screen, "한국어")
    assert shown(screen) == [KOREAN(term) for term in TERMS] != list(TERMS)
    np.testing.assert_array_equal(screen.texts("output:0"), numbers)
    assert "language=ko" in screen.link
    screen.type("p_linear_units", "3")
    assert screen.shape("output:0") == (2, 3)
    switch(screen, "English")
    assert shown(screen) == list(TERMS)
    assert screen.shape("output:0") == (2, 3)


def test_choices_with_translated_words_survive_the_switch(screen: Screen) -> None:
    screen.open({"layer": "simple_cell", "mask": {"kind": "last", "count": 1}}).painted()
    assert KOREAN("A recurrent cell") != "A recurrent cell" and KOREAN("Normal noise") != "Normal noise"
    for language, seed in (("한국어", "4"), ("English", "5")):
        switch(screen, language)
        screen.type("seed", seed)
        assert screen.problems() == []
        assert "layer=simple_cell&" in screen.link and f"seed={seed}" in screen.link
        t = KOREAN if language == "한국어" else ENGLISH
        assert screen.typed("layer") == t("A recurrent cell")
        assert screen.typed("kind_simple_cell_0") == t("Normal noise")
        assert screen.typed("mask_kind") == t("Mask the last steps")


def test_a_refused_text_stays_typed_in_another_language(screen: Screen) -> None:
    screen.open().painted()
    screen.type("shape_center_zero_0", "3.5")
    switch(screen, "한국어")
    assert screen.typed("shape_center_zero_0") == "3.5"
    assert KOREAN("A shape is a list of whole numbers.") in screen.page.locator("[data-testid=stSidebar]").inner_text()


def test_the_chosen_language_stays_on_every_page(screen: Screen) -> None:
    screen.open(page="then-and-now", language="ko")
    first = claims()[0]
    assert KOREAN(first.title) != first.title
    assert KOREAN(first.title) in screen.page.locator("[data-testid=stMain]").inner_text()
    with screen.change():
        screen.page.get_by_role("link", name=KOREAN("Layers"), exact=True).click()
    assert screen.page.get_by_role("searchbox").get_attribute("placeholder") == KOREAN("Search layers")


def test_messages_are_korean_too(screen: Screen) -> None:
    screen.open(language="ko").painted()
    screen.type("shape_center_zero_0", "3.5")
    text = screen.page.locator("[data-testid=stSidebar]").inner_text()
    assert KOREAN("A shape is a list of whole numbers.") in text
    assert KOREAN("Expected") in text and KOREAN("Received") in text
