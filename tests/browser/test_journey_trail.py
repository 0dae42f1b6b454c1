"""Touch a cell: its trail lights up in every picture, and the arithmetic beside it adds up as printed."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from playwright.sync_api import expect
from screen import Screen


def value(screen: Screen) -> str:
    return screen.sum.locator("[data-part=value]").inner_text()


def test_attention_context_row_of_x_and_alpha(screen: Screen) -> None:
    screen.open({"layer": "attention", "inputs": [{"kind": "normal", "shape": [2, 5, 3]}], "seed": 3}).painted()
    x, alpha, weighted = (screen.numbers(screen.named(name)) for name in ("x", "alpha", "weighted"))
    output = screen.numbers("output:0")
    screen.touch("output:0", 1, 2)
    terms = screen.terms()
    assert [Decimal(term) for *_, term in terms[:-1]] == [Decimal(f[-1]) for f in terms[:-1]]
    assert sum(Decimal(term) for *_, term in terms[:-1]) == Decimal(terms[-1][-1]), "it adds up as printed"
    np.testing.assert_allclose([float(term) for *_, term in terms[:-1]], weighted[1, :, 2], atol=1e-6)
    assert np.float32(value(screen)) == output[1, 2]
    assert (screen.trail(screen.named("weighted")) != 0).nonzero()[0].tolist() == [1] * 5
    np.testing.assert_allclose(screen.trail(screen.named("alpha"))[1], x[1, :, 2], rtol=1e-6)
    assert not screen.trail(screen.named("alpha"))[0].any(), "the other sample has nothing to do with it"
    of_x = screen.trail(screen.named("x"))
    assert not of_x[0].any() and (of_x[1, :, 2] != 0).all()
    expect(screen.sum.locator(".what").nth(1)).to_contain_text("x[1, 1, 2]")
    expect(screen.sum.locator(".what").nth(1)).to_contain_text("alpha[1, 1]")
    screen.sum.get_by_role("button", name="weighted[1, 1, 2]").click()
    expect(screen.sum.locator("h4")).to_contain_text("weighted[1, 1, 2]")
    factors = {factor for line in screen.terms() for factor in line[:-1]}
    assert {np.float32(factor) for factor in factors} == {alpha[1, 1], x[1, 1, 2]}


def test_a_cell_in_the_hole_depends_on_nothing(screen: Screen) -> None:
    screen.open({"layer": "center_zero"}).painted()
    screen.touch("output:0", 4, 5)
    assert value(screen) == "0"
    assert screen.terms() == [["6", "0", "0"]]
    assert not screen.trail("input:0").any()
    expect(screen.sum).to_contain_text("every gradient there is 0")
    screen.touch("output:0", 0, 5)
    lit = screen.trail("input:0")
    assert lit[0, 5] == 1 and np.count_nonzero(lit) == 1
    screen.page.keyboard.press("Escape")
    expect(screen.page.locator("[data-testid=lens]")).to_be_hidden()
    with screen.change():
        screen.page.keyboard.press("Escape")
    expect(screen.sum).to_have_count(0)
    assert "cell=" not in screen.link


def test_a_nan_in_the_hole_is_told_for_what_it_is(screen: Screen) -> None:
    edits = [["input:0", [4, 4], "nan"]]
    screen.open({"layer": "center_zero", "edits": edits}, cell="output:0@4,4").painted()
    assert value(screen) == "nan"
    expect(screen.sum).to_contain_text("0 · NaN is NaN")


def test_four_could_be_the_largest_and_one_is(screen: Screen) -> None:
    screen.open({"layer": "max_pooling"}).painted()
    image = screen.numbers("input:0")
    screen.touch("output:0", 0, 1, 0, 0)
    expect(screen.sum.locator("tr.taken")).to_have_count(1)
    assert {float(line[-1]) for line in screen.terms()} == set(image[0, 2:4, 0:2, 0].ravel())
    lit = screen.trail("input:0")
    assert np.argwhere(lit).tolist() == [[0, 3, 1, 0]], "one does"
    screen.ask("could")
    could = screen.trail("input:0")
    assert np.argwhere(could).tolist() == [[0, 2, 0, 0], [0, 2, 1, 0], [0, 3, 0, 0], [0, 3, 1, 0]], "four could"


def test_linear_is_a_sum_of_products_that_adds_up(screen: Screen) -> None:
    recipe = {"kind": "normal", "shape": [2, 20]}
    screen.open({"layer": "linear", "inputs": [recipe], "params": {"units": 3}}, cell="step:0@1,2").painted()
    x, kernel = screen.numbers("input:0"), screen.numbers("weight:kernel")
    lines = screen.terms()
    rounded = screen.sum.locator("tr.rounding").count()
    assert len(lines) == 12 + 2 + rounded, "the twelve largest, the rest, the sum"
    assert sum(Decimal(line[-1]) for line in lines[:-1]) == Decimal(lines[-1][-1])
    expect(screen.sum.locator(".rest")).to_contain_text("and 8 more")
    with screen.change():
        screen.sum.get_by_role("button", name="Show all").click()
    lines = screen.terms()
    products = [line for line in lines if len(line) == 3]
    assert len(products) == 20
    assert sum(Decimal(line[-1]) for line in lines[:-1]) == Decimal(lines[-1][-1])
    shown = sorted((np.float32(a), np.float32(b)) for a, b, _ in products)
    assert shown == sorted(zip(x[1], kernel[:, 2], strict=True))
    np.testing.assert_allclose(float(lines[-1][-1]), float(x[1].astype("f8") @ kernel[:, 2].astype("f8")), rtol=1e-5)
    np.testing.assert_array_equal(screen.trail("weight:kernel")[:, 2], x[1])


def test_a_weight_and_what_it_moves(screen: Screen) -> None:
    screen.open({"layer": "linear"}, cell="weight:kernel@1,2").painted()
    assert screen.sum.locator("[data-way]").count() == 1
    moved = screen.trail("output:0")
    assert (moved[:, 2] != 0).all() and not np.delete(moved, 2, axis=1).any()
    np.testing.assert_allclose(moved[:, 2], screen.numbers("input:0")[:, 1], rtol=1e-3)


def test_embedding_takes_a_row(screen: Screen) -> None:
    screen.open({"layer": "keras.layers.Embedding"}).painted()
    ids, table = screen.numbers("input:0"), screen.named("embeddings")
    screen.touch("output:0", 1, 0, 1)
    assert np.float32(value(screen)) == screen.numbers(table)[ids[1, 0], 1]
    assert np.argwhere(screen.trail(table)).tolist() == [[ids[1, 0], 1]]
    expect(screen.sum).to_contain_text("it does not hold floating-point numbers")


@pytest.mark.parametrize("layer", ["my_multi_layer", "layer_stack", "keras.layers.LSTM", "keras.layers.Conv2D"])
def test_the_number_in_the_arithmetic_is_the_number_in_the_picture(screen: Screen, layer: str) -> None:
    screen.open({"layer": layer}).painted()
    output = screen.numbers("output:0")
    last = tuple(size - 1 for size in output.shape)
    screen.touch("output:0", *last)
    assert np.float32(value(screen)) == output[last]
    assert screen.sum.locator(".number").count(), "it is told from which numbers"
    step = screen.sum.locator(".copy .number").first
    if step.count():  # the output is another name of a step's value
        step.click()
        expect(screen.sum.locator("[data-part=value]")).to_have_text(value(screen))


def test_the_cell_is_in_the_link_and_a_damaged_one_is_let_go(screen: Screen) -> None:
    screen.open({"layer": "linear"}).painted()
    screen.touch("output:0", 0, 1)
    shown = screen.sum.inner_text()
    screen.go(screen.link).painted()
    assert screen.sum.inner_text() == shown
    for cell in ("output:0@9,9", "output:7@0", "@@@", "step:0@" + "9" * 400, "<b>@1"):
        screen.open({"layer": "linear"}, cell=cell).painted()
        expect(screen.sum).to_have_count(0)
        assert screen.alive and screen.problems() == []


def test_a_touch_sends_neither_the_pictures_nor_the_page_again(screen: Screen) -> None:
    screen.open({"layer": "linear", "inputs": [{"kind": "normal", "shape": [100, 100]}]}).painted()
    painted, before = screen.flow.get_attribute("data-painted"), screen.received
    screen.touch("output:0", 0, 1)
    assert screen.flow.get_attribute("data-painted") == painted
    told = screen.received - before
    screen.type("seed", "7")
    assert told < (screen.received - before - told) / 2


def test_alpha_is_explained_by_exponentials_of_scores(screen: Screen) -> None:
    """No number stands beside the name of a cell that holds another."""
    screen.open({"layer": "attention"}, cell="step:4@0,1").painted()
    alpha, scores = (screen.numbers(screen.named(name)).astype("float64") for name in ("alpha", "scores"))
    terms = [line for line in screen.terms() if len(line) == 3]
    np.testing.assert_array_equal([np.float32(line[0]) for line in terms], scores[0].astype("float32"))
    assert {np.float32(line[1]) for line in terms} == {np.float32(scores[0].max())}
    given = np.array([float(line[2]) for line in terms])
    np.testing.assert_allclose(given, np.exp(scores[0] - scores[0].max()), rtol=1e-6)
    np.testing.assert_allclose(given[1] / given.sum(), alpha[0, 1], rtol=1e-6)
    expect(screen.sum.locator(".what").first).to_contain_text("exp(")
    screen.sum.get_by_role("button", name="scores[0, 3]").click()
    expect(screen.sum.locator("h4")).to_contain_text("scores[0, 3]")


def test_dense_shows_row_times_column_and_bias_at_once(screen: Screen) -> None:
    screen.open({"layer": "keras.layers.Dense"}, cell="output:0@1,3").painted()
    x, kernel = screen.numbers("input:0"), screen.numbers(screen.named("kernel"))
    products = [line for line in screen.terms() if len(line) == 3]
    assert [(np.float32(a), np.float32(b)) for a, b, _ in products] == list(zip(x[1], kernel[:, 3], strict=True))
    named = set(screen.sum.locator("button.number small").all_inner_texts())
    assert named == {
        *(f"x[1, {k}]" for k in range(3)),
        *(f"kernel[{k}, 3]" for k in range(3)),
        "bias[3]",
        "x (matmul)[1, 3]",
    }
    expect(screen.sum.locator(".copy")).to_have_count(0)


def test_a_composite_layer_opens_two_levels_deep(screen: Screen) -> None:
    """The stack's output leads into its last block, and from there to that block's product."""
    screen.open({"layer": "layer_stack", "params": {"activation": "linear"}}).painted()
    x = screen.numbers("input:0").astype("float64")
    for block in (1, 2, 3):
        kernel, bias = (screen.numbers(screen.named(f"dense_{block}/{name}")) for name in ("kernel", "bias"))
        before, x = x, x @ kernel + bias
    output = screen.numbers("output:0")
    np.testing.assert_allclose(output, x, atol=1e-6)
    screen.touch("output:0", 1, 2)
    products = [line for line in screen.terms() if len(line) == 3]
    assert len(products) == 4, "at once: one for each unit of the block before"
    given = [float(line[0]) for line in products]
    np.testing.assert_allclose(sorted(given), sorted(before[1]), atol=1e-6)
    expect(screen.sum.locator(".what").filter(has_text="/bias[2]")).to_have_count(1)
    screen.sum.locator("td.what button.number").filter(has_text="matmul").click()
    expect(screen.flow.locator(".code .where")).to_contain_text("Dense.call")
    expect(screen.flow.locator(".code .source-line.now")).to_contain_text("matmul")


def test_a_step_of_an_lstm_gate_by_gate(screen: Screen) -> None:
    """h = o · tanh(c), and o is a sigmoid: both are told with numbers that NumPy gives as well."""
    screen.open({"layer": "keras.layers.LSTM", "params": {"units": 2}}).painted()
    names = ("lstm_cell/kernel", "lstm_cell/recurrent_kernel", "lstm_cell/bias")
    kernel, recurrent, bias = (screen.numbers(screen.named(name)).astype("float64") for name in names)
    x = screen.numbers("input:0").astype("float64")
    h = c = np.zeros((len(x), 2))
    for step in range(x.shape[1]):
        i, f, g, o = np.split(x[:, step] @ kernel + h @ recurrent + bias, 4, axis=1)
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
    screen.touch("output:0", 1, 1)
    ((first, second, product),) = screen.terms()
    np.testing.assert_allclose([float(first), float(second)], [o[1, 1], np.tanh(c[1, 1])], atol=1e-6)
    np.testing.assert_allclose(float(product), h[1, 1], atol=1e-6)
    screen.sum.locator("td.what button.number").first.click()
    expect(screen.sum.locator(".formula")).to_contain_text("1 / (1 + exp(-x))")
    assert float(screen.sum.locator("[data-part=total]").inner_text()) == pytest.approx(o[1, 1], abs=1e-6)
