"""Every text to start from runs, and so does a copy of every layer of the catalogue."""

from __future__ import annotations

import numpy as np
import pytest

import layers
from explorer.core.own_code import own_classes
from explorer.core.run import run
from explorer.experiment import Experiment
from explorer.experiment.experiment import OWN
from explorer.experiment.starts import FIRST, starts
from explorer.export.copy_of import can_be_copied, copy_of


@pytest.mark.parametrize("name", starts())
def test_a_start_runs(name: str) -> None:
    code = starts()[name].code
    found = own_classes(code)
    assert len(found.cards) == 1 and not found.closed
    (card,) = found.cards.values()
    assert card.summary and starts()[name].title
    trace = run(Experiment(found.first, code=code), compare=False)
    assert trace.outputs and all(np.isfinite(output.value).all() for output in trace.outputs)


def test_the_first_comes_first_and_mistakes_last() -> None:
    names = list(starts())
    assert names[0] == FIRST
    assert [name.startswith("mistake") for name in names] == sorted(name.startswith("mistake") for name in names)


@pytest.mark.parametrize("name", [name for name, card in layers.catalogue().items() if can_be_copied(card)])
def test_a_copy_of_a_layer_defines_one_to_change(name: str) -> None:
    card = layers.catalogue()[name]
    own = card.layer.partition(":")[2]
    found = own_classes(copy_of(card))
    assert found.first in (f"{OWN}{own}", f"{OWN}My{own}") and not found.closed
