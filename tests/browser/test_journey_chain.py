"""Layers put in a row: each further one is seen with its numbers, undone, and found again behind the link."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from screen import Screen
from test_journey_xray import XRay

EMBEDDING = {
    "layer": "keras.layers.Embedding",
    "params": {"input_dim": 6, "output_dim": 3, "embeddings_initializer": "glorot_uniform", "mask_zero": True},
    "inputs": [{"kind": "typed", "shape": [2, 4], "values": [3, 1, 5, 0, 2, 4, 0, 0]}],
}


def heading(screen: Screen) -> str:
    """The page's heading."""
    return screen.page.locator("h1").first.inner_text()


def context(screen: Screen) -> np.ndarray:
    """What attention makes of the words, by NumPy, from the displayed tokens and weights."""
    table, tokens = screen.numbers("weight:embedding/embeddings"), screen.numbers("input:0")
    weight, bias = (
        screen.numbers("weight:attention/attention_weight"),
        screen.numbers("weight:attention/attention_bias"),
    )
    rows = []
    for ids in tokens:
        x = table[ids[ids != 0]]
        share = np.exp(np.tanh(x @ weight[:, 0] + bias[0]))
        rows.append((share[:, None] * x).sum(axis=0) / share.sum())
    return np.array(rows)


def test_layers_added_one_after_the_other_show_the_right_numbers(visitor: Callable[..., Screen]) -> None:
    screen = visitor()
    screen.open(EMBEDDING).painted()
    table = screen.texts("weight:embeddings")
    screen.choose("then_add", "Attention")
    screen.choose("then_0_attention_bias", "scalar")
    assert heading(screen) == "Embedding → Attention"
    np.testing.assert_array_equal(screen.texts("weight:embedding/embeddings"), table)
    np.testing.assert_allclose(screen.numbers("output:0"), context(screen), rtol=1e-4, atol=1e-6)

    screen.choose("then_add", "Dense")
    screen.type("then_1_keras.layers.Dense_units", "2")
    assert heading(screen) == "Embedding → Attention → Dense" and screen.shape("output:0") == (2, 2)
    np.testing.assert_allclose(screen.numbers(screen.named("attention")), context(screen), rtol=1e-4, atol=1e-6)
    wanted = context(screen) @ screen.numbers("weight:dense/kernel") + screen.numbers("weight:dense/bias")
    np.testing.assert_allclose(screen.numbers("output:0"), wanted, rtol=1e-4, atol=1e-6)
    assert screen.mark().startswith("NumPy agrees")

    other = visitor("second")
    other.go(screen.link).painted()
    assert heading(other) == heading(screen) and other.tensors() == screen.tensors()
    for tensor in screen.tensors():
        np.testing.assert_array_equal(other.texts(tensor), screen.texts(tensor))

    for _ in range(2):
        screen.press("undo")
    assert heading(screen) == "Embedding → Attention"
    screen.press("redo")
    assert heading(screen) == "Embedding → Attention → Dense"
    screen.press("then_remove_0")
    assert heading(screen) == "Embedding → Dense" and screen.shape("output:0") == (2, 4, 4)
    assert screen.alive and not screen.problems() and not screen.errors


def test_the_example_is_a_click_away_and_its_layers_open_in_the_x_ray(screen: Screen) -> None:
    screen.open({"layer": "keras.layers.Embedding"}).painted()
    with screen.change():
        screen.page.get_by_text("A chain: words, attention, a verdict").click()
    screen.painted()
    np.testing.assert_allclose(screen.numbers("output:0").sum(axis=1), 1, atol=1e-3)
    tokens = screen.numbers("input:0")

    screen.tab("X-ray")
    xray = XRay(screen)
    assert xray.expression == "embedding = self.embedding(tokens)"
    xray.focus()
    xray.press("ArrowRight")
    assert xray.expression == "attention = self.attention(embedding)"
    xray.root.get_by_text("Step into Attention.call").click()
    while "softmax" not in xray.expression:
        xray.root.locator("[data-move=next]").click()
    alpha = xray.numbers("alpha")
    np.testing.assert_array_equal(alpha == 0, tokens == 0)
    np.testing.assert_allclose(alpha.sum(axis=1), 1, atol=1e-3)
    assert screen.alive and not screen.errors


def test_a_layer_that_does_not_fit_is_named_and_taken_out(screen: Screen) -> None:
    screen.open({"layer": "linear"}).painted()
    before = screen.texts("output:0")
    screen.choose("then_add", "LSTM")
    (problem,) = screen.problems()
    assert "Layer 2 of 2, LSTM" in problem and "2 (2, 4)" in problem and screen.stale
    np.testing.assert_array_equal(screen.texts("output:0"), before)
    with screen.change():
        screen.page.get_by_role("button", name="Take “LSTM” out of the chain").click()
    assert not screen.problems() and not screen.stale and heading(screen) == "Linear"
