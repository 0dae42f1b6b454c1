"""Our layers and one of each family of Keras's, examined: healthy, or explained by its properties."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
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


PLAIN: Mapping[str, Callable[[Any, Any], None]] = {
    "remade": made_again,
    "keras_file": in_a_model,
    "config_complete": writes_its_arguments,
}
"""What a check says of one of Keras's own layers is no false alarm if plain Keras, without the doctor, fails alike."""


def is_true(finding: Finding, name: str) -> bool:
    """Whether a defect that was found is there without the doctor."""
    test = LayerUnderTest(Experiment(name))
    layer, arrays = test.make(), test.arrays
    if not name.startswith("keras.") or finding.check not in PLAIN:
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
    assert report.healthy == (not told)
