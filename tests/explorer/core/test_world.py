"""What all jobs of a process share is remembered, and every change of it is told."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import random
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from explorer.core import jobs
from explorer.core.process_state import World, tidy
from tests.explorer.core.tampering import TAMPERINGS


def remembered() -> World:
    """Made within a test: pytest itself changes the environment between a test's set-up and its call."""
    jobs.warm_up()
    tidy()
    return World()


@pytest.mark.parametrize("name", TAMPERINGS)
def test_each_change_is_told_and_none_when_it_is_undone(name: str) -> None:
    world = remembered()
    assert world.changes() == ()
    undo = TAMPERINGS[name]()
    try:
        assert world.changes()
    finally:
        undo()
    assert world.changes() == ()


class Ignored:
    """Who waits for these jobs wants to hear nothing before they end."""

    def __call__(self, fraction: float, text: str = "") -> None:
        pass

    def so_far(self, meta: dict[str, Any], arrays: dict[str, Any]) -> None:
        pass


def test_sound_jobs_change_nothing() -> None:
    world = remembered()
    for layer in ("linear", "keras.layers.LSTM", "keras.layers.Dropout", "keras.layers.StringLookup"):
        for job in ("run", "examine", "life"):
            jobs.perform(job, {"experiment": {"layer": layer}, "seconds": 1}, {}, Ignored())
            tidy()
            assert world.changes() == (), (layer, job)
    for call in ("load_class", "load_model", "from_config"):
        jobs.perform("calls", {"experiment": {"layer": "keras.layers.Dense"}, "call": call}, {}, Ignored())
        tidy()
        assert world.changes() == (), call


def test_tidy_puts_names_and_random_numbers_back() -> None:
    def drawn() -> tuple[float, ...]:
        made = float(keras.random.normal(())), keras.layers.Dense(1).name
        return random.random(), float(np.random.rand()), float(tf.random.normal(())), *made

    tidy()
    first = drawn()
    assert drawn() != first
    tidy()
    assert drawn() == first
