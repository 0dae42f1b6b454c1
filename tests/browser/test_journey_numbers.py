"""The layers of the documents, judged by the numbers that the page displays."""

from __future__ import annotations

import numpy as np
from screen import Screen


def test_center_zero_shows_the_grid_of_the_document_and_follows_its_parameter(screen: Screen) -> None:
    screen.open().painted()
    grid, mask, output = (screen.numbers(name) for name in ("input:0", "weight:mask", "output:0"))
    assert (grid == 6).all() and grid.shape == (10, 10)
    assert output.sum() == 576
    assert sorted(zip(*np.nonzero(output == 0), strict=True)) == [(4, 4), (4, 5), (5, 4), (5, 5)]
    np.testing.assert_array_equal(output, grid * mask)

    screen.type("p_center_zero_height", "4")
    output = screen.numbers("output:0")
    assert sorted(set(np.nonzero(output == 0)[0])) == [3, 4, 5, 6]
    assert (output == 0).sum() == 8 and output.sum() == 552
    assert screen.point_at("output:0", 3, 4) == "0"
    assert screen.point_at("output:0", 2, 4) == "6"


def test_linear_agrees_with_numpy_on_what_it_displays(screen: Screen) -> None:
    screen.open({"layer": "linear"}).painted()
    x, kernel, bias = (screen.numbers(name) for name in ("input:0", "weight:kernel", "weight:bias"))
    assert x.shape == (2, 2) and (x == 1).all() and kernel.shape == (2, 4) and kernel.std() > 0
    np.testing.assert_allclose(screen.numbers("output:0"), x @ kernel + bias, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(screen.numbers("output:0")[0], kernel.sum(0), rtol=1e-6, atol=1e-8)

    screen.type("p_linear_units", "3")
    assert screen.shape("output:0") == (2, 3)
    expected = screen.numbers("input:0") @ screen.numbers("weight:kernel") + screen.numbers("weight:bias")
    np.testing.assert_allclose(screen.numbers("output:0"), expected, rtol=1e-6, atol=1e-8)


def test_attention_shows_alpha_that_sums_to_one_and_weighs_the_steps(screen: Screen) -> None:
    screen.open({"layer": "attention"}).painted()
    x, alpha = screen.numbers("input:0"), screen.numbers(screen.named("alpha"))
    scores = np.tanh(x @ screen.numbers("weight:attention_weight") + screen.numbers("weight:attention_bias"))[..., 0]
    assert alpha.shape == (2, 5)
    np.testing.assert_allclose(alpha.sum(-1), 1, atol=1e-6)
    np.testing.assert_allclose(alpha, np.exp(scores) / np.exp(scores).sum(-1, keepdims=True), rtol=1e-5)
    np.testing.assert_allclose(screen.numbers("output:0"), (x * alpha[..., None]).sum(1), rtol=1e-5, atol=1e-6)


def test_attention_gives_masked_steps_nothing(screen: Screen) -> None:
    masked = {"layer": "attention", "params": {"bias": "scalar"}, "mask": {"kind": "last", "count": 2}}
    screen.open(masked).painted()
    alpha = screen.numbers(screen.named("alpha"))
    assert (alpha[:, 3:] == 0).all()
    np.testing.assert_allclose(alpha[:, :3].sum(-1), 1, atol=1e-6)


def test_max_pooling_shows_the_largest_number_of_every_window(screen: Screen) -> None:
    screen.open({"layer": "max_pooling", "inputs": [{"kind": "normal", "shape": [1, 6, 6, 2]}]}).painted()
    image, output = screen.numbers("input:0"), screen.numbers("output:0")
    assert output.shape == (1, 3, 3, 2)
    windows = image.reshape(1, 3, 2, 3, 2, 2)
    np.testing.assert_array_equal(output, windows.max((2, 4)))

    screen.type("p_max_pooling_pool_size", "3, 3")
    output = screen.numbers("output:0")
    np.testing.assert_array_equal(output, image.reshape(1, 2, 3, 2, 3, 2).max((2, 4)))

    screen.choose("p_max_pooling_pool_mode", "average")
    mean = image.reshape(1, 2, 3, 2, 3, 2).mean((2, 4))
    np.testing.assert_allclose(screen.numbers("output:0"), mean, rtol=1e-5, atol=1e-6)


def test_embedding_shows_the_rows_of_the_displayed_table(screen: Screen) -> None:
    screen.open({"layer": "keras.layers.Embedding"}).painted()
    tokens, table, output = (screen.numbers(name) for name in ("input:0", "weight:embeddings", "output:0"))
    assert tokens.ravel().tolist() == [4, 20] and output.shape == (2, 1, 2)
    np.testing.assert_array_equal(output[:, 0], table[[4, 20]])
    assert (output[0] != output[1]).all()


def test_two_inputs_give_two_outputs(screen: Screen) -> None:
    screen.open({"layer": "my_multi_layer"}).painted()
    a, b, kernel = (screen.numbers(name) for name in ("input:0", "input:1", "weight:kernel"))
    np.testing.assert_allclose(screen.numbers("output:0"), a @ kernel + b, rtol=1e-6)
    np.testing.assert_array_equal(screen.numbers("output:1"), b.mean(-1))


def test_a_grid_of_a_hundred_stays_exact(screen: Screen) -> None:
    screen.open({"inputs": [{"kind": "arange", "shape": [100, 100]}]}).painted()
    assert screen.point_at("output:0", 0, 7) == screen.point_at("input:0", 0, 7)
    assert screen.card("output:0").get_attribute("data-max") == screen.card("input:0").get_attribute("data-max")
    assert screen.card("output:0").get_attribute("data-zeros") == str(4 + (screen.point_at("input:0", 0, 0) == "0"))
