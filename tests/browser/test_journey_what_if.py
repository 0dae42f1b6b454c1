"""The panels that compare: what another call would have given, and what a loop computes over time."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import Locator
from screen import Screen

ATTENTION = {"layer": "attention", "inputs": [{"kind": "normal", "shape": [2, 5, 3]}]}
_READ = """(card) => [...card.querySelectorAll(".table table")].map((table) =>
  [...table.querySelectorAll("tbody tr")].map((row) =>
    [...row.querySelectorAll("td")].map((cell) => cell.textContent)))"""


def numbers(card: Locator) -> np.ndarray:
    """The displayed numbers of a card; slices side by side become the first axis."""
    card.wait_for()
    button = card.locator("[data-tool=table]")
    if button.get_attribute("aria-pressed") != "true":
        button.click()
    found = np.array(card.evaluate(_READ)).astype("float32")
    return found[0] if len(found) == 1 else found


def compared(screen: Screen, name: str, role: str) -> np.ndarray:
    heading = screen.page.locator("h3").filter(has_text=re.compile(f"^{re.escape(name)}$"))
    return numbers(screen.page.locator(f"article[data-role={role}]").filter(has=heading))


def ask(screen: Screen, question: str) -> None:
    with screen.change():
        screen.page.locator("[class*=st-key-what_if_]").get_by_role("radio", name=question, exact=True).click()


def test_a_mask_is_compared_with_none(screen: Screen) -> None:
    screen.open(ATTENTION, panel="difference").painted()
    this, other = compared(screen, "alpha", "this"), compared(screen, "alpha", "other")
    np.testing.assert_array_equal(this, screen.numbers(screen.named("alpha")))
    assert (other[:, 3:] == 0).all() and (this > 0).all()
    np.testing.assert_array_equal(compared(screen, "alpha", "difference"), this - other)
    text = screen.page.locator("[data-testid=stMain]").inner_text()
    assert re.search(r"alpha\s*: 10 of 10 cells differ", text)
    assert re.search(r"The same in both, bit for bit:.*projected", text)
    assert re.search(r"mask\s*: only in the other", text)


def test_dropout_in_training_and_before_the_last_change(screen: Screen) -> None:
    screen.open({"layer": "keras.layers.Dropout"}, panel="difference").painted()
    x = screen.numbers("input:0")
    dropped = compared(screen, "output", "other")
    assert ((dropped == 0) | (dropped == 2 * x)).all() and (dropped == 0).any()
    np.testing.assert_array_equal(compared(screen, "output", "this"), x)
    screen.type("seed", "4")
    ask(screen, "Before the last change")
    np.testing.assert_array_equal(compared(screen, "output", "other"), x)
    np.testing.assert_array_equal(compared(screen, "output", "this"), screen.numbers("output:0"))
    with screen.change():
        screen.control("training").locator("label").first.click()
    ask_for = screen.page.locator("[class*=st-key-what_if_]").get_by_role("radio", name="Before the last change")
    assert ask_for.get_attribute("aria-checked") == "true"  # the question stays
    now, before = compared(screen, "output", "this"), compared(screen, "output", "other")
    assert (now == 0).any()
    np.testing.assert_array_equal(compared(screen, "output", "difference"), now - before)


def test_another_seed_and_training_off(screen: Screen) -> None:
    screen.open({"layer": "keras.layers.Dropout", "training": True}, panel="difference").painted()
    np.testing.assert_array_equal(compared(screen, "output", "other"), screen.numbers("input:0"))
    ask(screen, "Another seed")
    assert (compared(screen, "x", "other") != screen.numbers("input:0")).any()


def test_the_gates_and_states_of_an_lstm_over_time(screen: Screen) -> None:
    params = {"units": 3, "return_sequences": True}
    inputs = [{"kind": "normal", "shape": [2, 5, 4]}]
    screen.open({"layer": "keras.layers.LSTM", "params": params, "inputs": inputs}, panel="over_time").painted()
    shown = {name: compared(screen, name, "intermediate") for name in ("f", "i", "c~", "o", "c", "h")}
    np.testing.assert_array_equal(shown["h"], screen.numbers("output:0"))
    before = np.concatenate([np.zeros((2, 1, 3)), shown["c"][:, :-1]], 1)
    np.testing.assert_allclose(shown["c"], shown["f"] * before + shown["i"] * shown["c~"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(shown["h"], shown["o"] * np.tanh(shown["c"]), rtol=1e-5, atol=1e-6)
    kernel = screen.numbers("weight:lstm_cell/kernel")
    parts = [compared(screen, f"kernel · {gate}", "weight") for gate in ("i", "f", "c~", "o")]
    np.testing.assert_array_equal(np.concatenate(parts, -1), kernel)
