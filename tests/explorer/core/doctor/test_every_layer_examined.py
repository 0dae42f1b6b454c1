"""Our layers and one of each family of Keras's, examined: healthy, or explained by its properties."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
from catalogue_runs import one_of_each_family

import layers
from explorer.core.catalog.derive import derived_cards
from explorer.core.doctor import examine
from explorer.core.under_test import LayerUnderTest
from explorer.experiment import Experiment
from explorer.model.report import Finding

OURS = tuple(name for name, card in layers.catalogue().items() if not card.symbolic)
KERAS = tuple(name for name in derived_cards() if name not in OURS)


def made_again(layer: Any, array: Any) -> None:
    type(layer).from_config(layer.get_config())


def in_a_model(layer: Any, array: Any) -> None:
    symbol = keras.Input(array.shape[1:])
    keras.Model(symbol, layer(symbol))


def writes_its_arguments(layer: Any, array: Any) -> None:
    """Of Keras 3.15, CategoryEncoding forgets `sparse`, and RandomGrayscale its seed."""
    taken = set(inspect.signature(type(layer).__init__).parameters) - {"self", "kwargs"}
    assert taken <= set(layer.get_config())


def empty_sequence(layer: Any, array: Any) -> None:
    """Of Keras 3.15, GlobalAveragePooling1D divides by the number of steps that count, also where none does."""
    assert np.isfinite(layer(array, mask=np.zeros(array.shape[:2], bool))).all()


def longer_sequence(layer: Any, array: Any) -> None:
    """The course's attention has a bias for each step of the first sequence."""
    layer(array)
    layer(np.concatenate([array, array], axis=1))


PLAIN: Mapping[str, Callable[[Any, Any], None]] = {
    "remade": made_again,
    "keras_file": in_a_model,
    "config_complete": writes_its_arguments,
    "all_masked": empty_sequence,
    "other_lengths": longer_sequence,
}
"""What a check says of a layer is no false alarm if plain Keras, without the doctor, fails alike."""
OURS_TOO = ("other_lengths",)
"""Of these, what may be said of a layer of ours."""


def is_true(finding: Finding, name: str) -> bool:
    """Whether a defect that was found is there without the doctor."""
    test = LayerUnderTest(Experiment(name))
    layer, arrays = test.make(), test.arrays
    if finding.check not in (PLAIN if name.startswith("keras.") else OURS_TOO):
        return False
    try:
        PLAIN[finding.check](layer, arrays[0])
    except Exception:
        return True
    return False


@pytest.mark.parametrize("name", [*OURS, *one_of_each_family(KERAS)])
def test_no_finding_is_unexplained(name: str) -> None:
    test = LayerUnderTest(Experiment(name))
    layer = test.make()
    arguments, keywords = test.arranged()
    report = examine(layer, arguments, keywords)
    told = [f for f in report.findings if f.outcome in ("failed", "broken", "advice")]
    unexplained = [f"{f.check}: {f.seen} {f.detail}" for f in told if not is_true(f, name)]
    assert unexplained == [] and report.complete
    assert report.healthy == (not any(f.outcome == "failed" for f in told))
