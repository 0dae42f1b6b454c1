"""Leave the process as it was: names, seeds, warnings. An examination may run in somebody's notebook."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import tensorflow as tf

from explorer.core.keras_private import (
    GLOBAL_SEED,
    NAME_COUNTERS,
    SEED_GENERATOR,
    eager_context,
    global_attribute,
    set_global_attribute,
    set_random_seed,
)
from explorer.core.names import reset_names

SEED = 20
"""Of the random numbers of an examination, unless it is given another one."""
_seed = SEED
_ATTRIBUTES = (NAME_COUNTERS, SEED_GENERATOR, GLOBAL_SEED)


@contextmanager
def undisturbed(seed: int) -> Iterator[None]:
    """Put the random generators' states and Keras's name counters back after the block; keep it quiet meanwhile.

    Args:
        seed: from which `reseed` starts the generators over in the block.
    """
    global _seed
    before, _seed = _seed, seed
    states = random.getstate(), np.random.get_state()
    kept = {name: global_attribute(name) for name in _ATTRIBUTES}
    tensorflow = eager_context()
    drawn = {name: getattr(tensorflow, name) for name in ("_seed", "_rng") if hasattr(tensorflow, name)}
    level = tf.get_logger().level
    reset_names()
    set_global_attribute(SEED_GENERATOR, None)  # what is drawn here must not come from the program's own one
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tf.get_logger().setLevel(
                "ERROR"
            )  # TensorFlow warns of retracing: each layer is traced once, and is another one
            yield
    finally:
        _seed = before
        tf.get_logger().setLevel(level)
        random.setstate(states[0])
        np.random.set_state(states[1])
        for name, value in drawn.items():
            setattr(tensorflow, name, value)
        for name, value in kept.items():
            set_global_attribute(name, value)


def current_seed() -> int:
    """The seed of the examination that is under way."""
    return _seed


def reseed(seed: int | None = None) -> None:
    """Start every generator of random numbers over. Keras's own one, once it was needed, stays the same object.

    Args:
        seed: from which; None for that of the examination.
    """
    seed = _seed if seed is None else seed
    generator = global_attribute(SEED_GENERATOR)
    set_random_seed(seed)
    if generator is not None:
        generator.state.assign([seed, 0])
        set_global_attribute(SEED_GENERATOR, generator)


def program_state() -> list[int]:
    """The identities of the variables that belong to the program, and to no layer: Keras's own random generator."""
    generator = global_attribute(SEED_GENERATOR)
    return [] if generator is None else [id(generator.state.value)]
