"""Every hostile model file is refused with a sentence, opens no file that it names, and takes little memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import keras
import pytest

from explorer.core import jobs  # before Keras: it sets what Keras reads
from explorer.core.run import run
from explorer.model.problem import Problem
from tests.explorer.core.hostile import PATH
from tests.explorer.core.saved_models import saved, uploaded
from tests.explorer.core.spying import Spy, watch
from tests.hostile.models import hostile

MIB = 1 << 20
MOST = 160 * MIB
"""What looking at one file may take."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="dense")], name="small")
    return saved(model, tmp_path_factory.mktemp("sound"))


@pytest.fixture(scope="module")
def spy() -> Iterator[Spy]:
    with pytest.MonkeyPatch.context() as patch:
        yield watch(patch)


def test_a_sound_file_is_read(sound: bytes) -> None:
    assert run(*uploaded(sound)).outputs[0].value.shape == (2, 2)
    assert "open_model" in jobs.JOBS.all()


def test_hostile_files_are_refused(sound: bytes, spy: Spy) -> None:
    wrong, count = {}, 0
    for name, data in hostile(sound):
        count += 1
        tracemalloc.start()
        try:
            shape = run(*uploaded(data)).outputs[0].value.shape
            wrong[name] = f"it ran: {shape}"
        except Problem as problem:
            if not str(problem.what) or len(problem.received) > 400:
                wrong[name] = str(problem.what)
        except Exception as error:
            wrong[name] = f"{type(error).__name__}: {error}"[:300]
        finally:
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        if most > MOST:
            wrong[name] = f"{most / MIB:.0f} MiB"
        if touched := [path for path in spy.files if PATH in path]:
            wrong[name] = f"it touched {touched}"
            spy.files.clear()
    assert count > 80
    assert wrong == {}
