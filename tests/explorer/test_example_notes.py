"""The numbers in an example's sentence are numbers of its run."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import numpy as np
import pytest

import layers
from explorer import run
from explorer.experiment import Experiment
from explorer.experiment.examples import example_experiment
from explorer.model.trace import Trace

ORDINAL = re.compile(r"\b(?:steps?|row|filter|axis|id) (\d+)", re.I)
"""What is counted: "step 3". A count must not exceed the longest axis, or the largest number."""
KNOWN: dict[str, set[float]] = {
    "Linear(32, 32)": {0.05},  # the standard deviation of random_normal
    "Three losses": {0.01},  # the factor of l1
    "Leaky relu": {0.2},  # the slope of leaky_relu
    "Dilation 2": {5},  # how far a kernel of 3 reaches when every second cell is left out
}
"""Numbers that stand in Keras and not in the run."""

EXAMPLES = [(card, example) for card in layers.catalogue().values() for example in card.examples]


def numbers_said(text: str) -> Iterator[tuple[float, int]]:
    """Each number of a sentence, with how many decimals it has."""
    text = ORDINAL.sub("", text)
    for found in re.finditer(r"(?<![\w.])-?\d+(?:\.\d+)?|(?<=\dx)\d+", text):
        yield float(found[0]), len(found[0].partition(".")[2])


def numbers_of(experiment: Experiment, trace: Trace) -> np.ndarray:
    """Sizes, values and sums of every tensor, sums and lengths of its rows, and what was set."""
    found: list[float] = [float(edit.value) for edit in experiment.edits]
    for tensor in trace.tensors():
        found += [*tensor.value.shape, tensor.value.size]
        if tensor.value.dtype.kind in "fiub":
            values = np.asarray(tensor.value, "float64")
            rows = values.reshape(-1, values.shape[-1] if values.ndim else 1)
            found += [*values.ravel(), values.sum(), *rows.sum(axis=1), *(rows**2).sum(axis=1)]
    for value in experiment.params.values():
        numbers = np.ravel(value)
        found += numbers.astype("float64").tolist() if numbers.dtype.kind in "if" else []
    return np.array(found)


@pytest.mark.parametrize(("card", "example"), EXAMPLES, ids=[f"{card.id}: {e.title}" for card, e in EXAMPLES])
def test_a_sentence_says_numbers_of_the_run(card: layers.Card, example: layers.Example) -> None:
    assert example.shows.rstrip().endswith((".", "...")), "one sentence on what to look at"
    if card.symbolic:
        return
    experiment = example_experiment(card, example)
    trace = run(experiment)
    there = numbers_of(experiment, trace)
    for number, decimals in numbers_said(example.shows):
        if number in KNOWN.get(example.title, ()):
            continue
        assert np.any(np.abs(there - number) <= 0.5 * 10**-decimals * (decimals > 0) + 1e-5), number
    longest = max(size for tensor in trace.tensors() for size in tensor.value.shape)
    for counted in ORDINAL.findall(example.shows):
        assert int(counted) <= longest


def trace_of(layer: str, title: str) -> Trace:
    card = layers.catalogue()[layer]
    return run(example_experiment(card, next(example for example in card.examples if example.title == title)))


def test_one_step_wins_the_attention() -> None:
    trace = trace_of("attention", "One step wins")
    alpha = next(tensor.value for tensor in trace.tensors() if tensor.name == "alpha")
    assert alpha.argmax(axis=1).tolist() == [2, 4], "another step in each sample"
    assert alpha.max(axis=1).min() > 0.5 and alpha.min() < 0.085
    assert [f"{share:.2f}" for share in alpha[0, 1:3]] == ["0.08", "0.56"]


@pytest.mark.parametrize(
    ("title", "share", "apart"), [("Five steps of three features", 0.2, 0.03), ("A bias for the last step", 0.4, 0.01)]
)
def test_shares_are_close_to_what_is_said(title: str, share: float, apart: float) -> None:
    alpha = next(tensor.value for tensor in trace_of("attention", title).tensors() if tensor.name == "alpha")
    assert np.abs(alpha[:, -1] - share).max() <= apart


def test_the_memory_is_kept_and_then_forgotten() -> None:
    output = trace_of("keras.layers.LSTM", "Remember, then forget").outputs[0].value[0, :, 0]

    def gate(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    written = gate(5) * math.tanh(3)
    kept = [written * gate(5) ** step for step in range(5)]
    expected = [gate(5) * math.tanh(c) for c in (*kept, kept[-1] * gate(-5))]
    np.testing.assert_allclose(output[:6], expected, atol=2e-4)
    assert output[4] > 0.7 and abs(output[5:]).max() < 0.01


def test_edges_of_a_square() -> None:
    output = trace_of("keras.layers.Conv2D", "An edge detector").outputs[0].value[..., 0]
    assert output[0, 3].tolist() == [0, 4, 4, 0, 0, -4, -4, 0]
    assert not output[1].any(), "a lying edge is not seen"
