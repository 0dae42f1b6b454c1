"""What would not fit is refused before anything of it is made."""

from __future__ import annotations

import resource
from typing import Any

import pytest

from explorer.core import estimate as estimating
from explorer.core.estimate import estimate, refuse_what_does_not_fit
from explorer.core.run import run
from explorer.experiment import Experiment
from explorer.model.problem import Problem

KERAS = "keras.layers."


def experiment(layer: str, params: dict[str, Any], *shapes: tuple[int, ...], then: Any = ()) -> Experiment:
    inputs = [{"kind": "ones", "shape": list(shape)} for shape in shapes]
    return Experiment.from_json({"layer": KERAS + layer, "params": params, "inputs": inputs, "then": list(then)})


def inner(name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": name, "config": config}


TOO_LARGE = [
    ("Dense", {"units": 1024}, [(4, 1_000_000)], "inputs.0"),
    ("MultiHeadAttention", {"num_heads": 8, "key_dim": 64}, [(1, 4000, 64), (1, 4000, 64)], "inputs.1"),
    ("RepeatVector", {"n": 1000}, [(64, 1000)], "params.n"),
    ("LSTM", {"units": 4096}, [(2, 3, 4)], "params.units"),
    ("Bidirectional", {"layer": inner("LSTM", units=4096)}, [(1, 10, 10)], "params.layer"),
]


@pytest.mark.parametrize(("layer", "params", "shapes", "where"), TOO_LARGE)
def test_what_is_too_large_is_refused_at_the_number_that_makes_it_so(
    layer: str, params: dict[str, Any], shapes: list[tuple[int, ...]], where: str
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Problem) as refused:
        run(experiment(layer, params, *shapes))
    assert refused.value.where == where
    assert refused.value.expected.startswith("<= ") and "MiB" in refused.value.received
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024  # KiB; each would take > 500 MiB


def test_the_count_of_weights_is_that_of_the_layer_itself() -> None:
    asked = experiment("Dense", {"units": 7}, (3, 5))
    made = run(asked)
    found = estimate(asked)
    assert found is not None and found.weights == sum(weight.value.nbytes for weight in made.weights)


def test_an_estimate_leaves_nothing_to_be_initialised_later() -> None:
    from keras.src.backend.common import global_state

    waiting = global_state.get_global_attribute("uninitialized_variables", [], set_to_default=True)
    before = list(waiting)
    estimate(experiment("Dense", {"units": 1024}, (4, 1_000_000)))
    assert global_state.get_global_attribute("uninitialized_variables") == before


def test_small_experiments_are_not_called_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(asked: Experiment) -> None:
        raise AssertionError("estimated")

    monkeypatch.setattr(estimating, "estimate", never)
    refuse_what_does_not_fit(experiment("Dense", {"units": 4}, (4, 100)))
    with pytest.raises(AssertionError, match="estimated"):
        refuse_what_does_not_fit(experiment("Dense", {"units": 400}, (4000, 100)))
