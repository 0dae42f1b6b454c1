"""The pages' tests may share a process with tests that import TensorFlow."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def others_leave_the_collector_alone() -> Iterator[None]:
    """Streamlit clears Keras's session after each script run if Keras is there, which walks through all objects."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
