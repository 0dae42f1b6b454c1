"""The pages' tests may share a process with tests that import TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.runtime.scriptrunner import script_runner

from explorer.engine.pool import client


@pytest.fixture(scope="package", autouse=True)
def as_in_the_app_there_is_no_keras() -> Iterator[None]:
    """Streamlit clears Keras's session after each run of a script if it is there, which it never is in the app."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(script_runner, "_clean_problem_modules", lambda: None)
        yield


@pytest.fixture(scope="session")
def warm_engine(own_folder_for_temporary_files: None) -> Iterator[None]:
    """The engines of this process, for all files that visit pages: warm before the first, closed after the last."""
    for started in (client.engine(), client.own_code_engine()):
        assert started.wait_until_ready(300), started.state
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(client.Engine.submit.__kwdefaults__, "deadline", 10 * client.DEADLINE)  # the machine may be busy
        yield
    client.close_engines()
