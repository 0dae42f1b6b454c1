"""Trails run through a chain: from a cell of Dense through alpha back to the rows of the embedding table."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

from explorer.core.dependence.downstream import downstream
from explorer.core.dependence.perturbation import could_depend
from explorer.core.dependence.trail import trail
from explorer.core.run import run
from explorer.experiment import Edit, Experiment
from explorer.model.trace import Frame, Trace

TOKENS = np.array([[3, 1, 5, 0], [2, 4, 0, 0]])
EXPERIMENT = Experiment(
    "keras.layers.Embedding",
    {"input_dim": 6, "output_dim": 3, "embeddings_initializer": "glorot_uniform", "mask_zero": True},
    ({"kind": "typed", "shape": [2, 4], "values": TOKENS.ravel().tolist()},),  # type: ignore[arg-type]
    dtype="float64",
    edits=(Edit("weight:attention/attention_weight", (0, 0), 2.0),),
    then=(  # type: ignore[arg-type]
        ("attention", {"bias": "scalar"}),
        ("keras.layers.Dense", {"units": 2, "activation": "softmax"}),
    ),
)
WEIGHTS = (
    "embedding/embeddings",
    "attention/attention_weight",
    "attention/attention_bias",
    "dense/kernel",
    "dense/bias",
)


def forward(table: np.ndarray, w: np.ndarray, b: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """The chain by NumPy: only the words that count, sample by sample."""
    rows = []
    for ids in TOKENS:
        x = table[ids[ids != 0]]
        share = np.exp(np.tanh(x @ w[:, 0] + b[0]))
        context = (share[:, None] * x).sum(axis=0) / share.sum()
        power = np.exp(context @ kernel + bias)
        rows.append(power / power.sum())
    return np.array(rows)


def id_of(trace: Trace, name: str) -> str:
    """The id of a named local inside a layer."""

    def search(frame: Frame) -> list[str]:
        own = [step.values[0].id for step in frame.steps if step.target == name]
        return own + [found for child in frame.children for found in search(child)]

    return search(trace.frames[0])[-1]


@pytest.mark.parametrize("cell", [(0, 1), (1, 0)])
def test_from_a_cell_of_dense_through_alpha_to_rows_of_the_table(cell: tuple[int, int]) -> None:
    trace = run(EXPERIMENT)
    weights = [trace.tensor(f"weight:{name}").value for name in WEIGHTS]
    np.testing.assert_allclose(forward(*weights), trace.outputs[0].value, rtol=1e-9)
    cells = trail(EXPERIMENT, "output:0", cell).cells
    for place, name in enumerate(WEIGHTS):
        gradient = np.zeros_like(weights[place])
        for index in np.ndindex(gradient.shape):
            high, low = ([w.copy() for w in weights] for _ in range(2))
            high[place][index] += 1e-6
            low[place][index] -= 1e-6
            gradient[index] = (forward(*high) - forward(*low))[cell] / 2e-6
        np.testing.assert_allclose(cells[f"weight:{name}"], gradient, rtol=1e-5, atol=1e-9)

    used = set(TOKENS[cell[0]]) - {0}
    touched = {int(row) for row in np.flatnonzero(cells["weight:embedding/embeddings"].any(axis=1))}
    assert touched == used
    alpha = cells[id_of(trace, "alpha")]
    assert ((alpha != 0) == ((TOKENS != 0) & (np.arange(2)[:, None] == cell[0]))).all()


def test_a_cell_in_the_middle_depends_on_what_came_before_and_on_nothing_after() -> None:
    trace = run(EXPERIMENT)
    cells = trail(EXPERIMENT, id_of(trace, "alpha"), (0, 2)).cells
    assert np.flatnonzero(cells["weight:embedding/embeddings"].any(axis=1)).tolist() == [1, 3, 5]
    assert not any(name.startswith(("weight:dense", "output")) and values.any() for name, values in cells.items())


def test_what_could_matter_and_what_moves() -> None:
    could = could_depend(EXPERIMENT, "output:0", (0, 1)).cells
    assert could["input:0"].tolist() == [[True] * 4, [False] * 4]
    assert could["weight:dense/kernel"].all()
    moved = downstream(EXPERIMENT, "weight:embedding/embeddings", (4, 1)).cells
    assert np.flatnonzero(moved["output:0"].any(axis=1)).tolist() == [1]
    assert (moved[id_of(run(EXPERIMENT), "alpha")] != 0).tolist() == [[False] * 4, [True, True, False, False]]
    padding = downstream(EXPERIMENT, "weight:embedding/embeddings", (0, 1)).cells
    assert not padding["output:0"].any()
