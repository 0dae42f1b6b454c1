"""What the examples promise in words comes out as numbers."""

from __future__ import annotations

import numpy as np
import pytest

import layers
from tests.layers.support import run_example, to_numpy

CARDS = layers.catalogue()


def outputs(card: str, title: str) -> list[np.ndarray]:
    example = next(example for example in CARDS[card].examples if example.title == title)
    return [to_numpy(output) for output in run_example(CARDS[card], example)[2]]


@pytest.mark.parametrize(
    ("card", "title", "first"),
    [
        ("center_zero", "10x10 sixes, a 2x2 hole", [6.0] * 44 + [0, 0]),
        ("linear", "Numbers to check by hand", [6, 15.5]),
        ("masked_mean", "Without a mask", [5.5, 6.5, 7.5]),
        ("masked_mean", "The last two steps are padding", [2.5, 3.5, 4.5]),
        ("masked_mean", "Nothing counts", [0, 0, 0, 0, 0, 0]),
        ("max_pooling", "Window 2x2, stride 2", [6, 8, 14, 16]),
        ("max_pooling", "The mean instead", [3.5, 5.5, 11.5, 13.5]),
        ("layer_stack", "Identity blocks, checked by hand", [20, 10]),
        ("simple_cell", "A running sum", [1, 3, 6, 10, 15, 21]),
    ],
)
def test_the_numbers_that_an_example_names(card: str, title: str, first: list[float]) -> None:
    assert outputs(card, title)[0].ravel()[: len(first)].tolist() == first


def test_linear_of_the_document_gives_two_equal_rows() -> None:
    for title in ("Linear(4, 2) on ones", "Input learned in build"):
        (output,) = outputs("linear", title)
        assert output.shape == (2, 4)
        np.testing.assert_array_equal(output[0], output[1])
    one, other = (outputs("linear", e.title)[0] for e in CARDS["linear"].examples[:2])
    np.testing.assert_array_equal(one, other)


def test_the_two_input_layers_means() -> None:
    assert outputs("my_multi_layer", "Two inputs, two outputs")[1].tolist() == [15, 55, 95]


def test_a_swap_by_matrix_product() -> None:
    (output,) = outputs("matmul", "A kernel that swaps two features")
    np.testing.assert_array_equal(output, [[2, 1], [4, 3], [6, 5]])


def test_attention_with_equal_steps() -> None:
    np.testing.assert_allclose(outputs("attention", "All steps alike")[0], np.ones((2, 3)), rtol=1e-6)


@pytest.mark.parametrize("card", ["simple_cell", "keras.layers.SimpleRNN"])
def test_a_masked_end_repeats_the_last_output(card: str) -> None:
    (output,) = outputs(card, "A masked end")
    np.testing.assert_array_equal(output[:, 3], output[:, 2])
    np.testing.assert_array_equal(output[:, 4], output[:, 2])
    assert not np.array_equal(output[:, 1], output[:, 2])


def test_every_document_has_examples() -> None:
    shown = {example.document for card in CARDS.values() for example in card.examples}
    assert {"000", "001", "002", "003", "004"} <= shown
