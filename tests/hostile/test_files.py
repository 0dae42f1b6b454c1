"""Every hostile file is refused with a sentence, opens no file that it names, and takes no memory that it claims."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Iterator

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

from explorer.experiment.uploads import read_upload
from explorer.export import experiment_file
from explorer.model.problem import Problem
from tests.explorer.core.hostile import PATH
from tests.explorer.core.spying import Spy, watch
from tests.hostile.files import hostile, saved

FILES = dict(hostile())
MIB = 1 << 20
MOST = 160 * MIB
"""What reading one file may take: the largest input, its text and its numbers, for a moment."""


def read(name: str, data: bytes) -> object:
    return experiment_file.load(data) if name.endswith(".experiment") else read_upload(name, data)


def test_the_corpus_is_as_large_as_it_says() -> None:
    assert len(set(FILES.values())) >= 100


@pytest.fixture(scope="module")
def spy() -> Iterator[Spy]:
    with pytest.MonkeyPatch.context() as patch:
        yield watch(patch)


@pytest.mark.parametrize("name", FILES, ids=repr)
def test_a_hostile_file_is_refused(name: str, spy: Spy) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(Problem) as refused:
            read(name, FILES[name])
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert str(refused.value.what) and refused.value.expected and len(refused.value.received) < 200
    assert most < MOST
    assert not [path for path in spy.files if PATH in path]


def test_a_sound_file_is_read() -> None:
    array, _ = read_upload("a.npy", saved(np.eye(3)))
    assert array.shape == (3, 3)
