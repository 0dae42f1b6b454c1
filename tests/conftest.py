"""Every test runs under the engine's configuration, as the app's workers do, and leaves the process as it found it.

The order is random but for what takes long, which comes first. A run prints its seed at the end; with
`--randomly-seed=N` it comes in the same order, with `-p no:randomly` in that of the files.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from explorer.engine import configuration

configuration.adopt()

from explorer.engine.process import importing  # noqa: E402
from tests.left_behind import Process, start_over  # noqa: E402

LONG = ("tests/browser/", "tests/chaos/")
"""They begin first, so that no worker is busy with one of them when the other has nothing left to do."""

COMPLETED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """What all tests import is no garbage: looking at it again and again would take a fifth of the time."""
    with importing():
        return (yield)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long ones first; pytest-randomly has shuffled before, and a stable sort keeps its order within each group."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how to repeat the order, which -q would keep quiet."""
    if (seed := config.getoption("randomly_seed", None)) is not None:
        terminalreporter.write_line(f"The same order again: --randomly-seed={seed}")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """The fixtures of a module find the same names and random numbers, whichever of its tests comes first."""
    start_over()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Remember which tests came to their end."""
    result = yield
    item.stash[COMPLETED] = True
    return result


@pytest.fixture(scope="session", autouse=True)
def own_folder_for_temporary_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nobody else writes there: neither another process of the tests nor another program."""
    tmp_path_factory.getbasetemp()  # pytest's own folder stays where a reader of its output looks for it
    folder = Path(tempfile.mkdtemp(prefix="tests-"))
    folder.chmod(0o1777)  # as the system's, so that workers with users of their own get through
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", None)
        yield
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def process(own_folder_for_temporary_files: None) -> Process:
    """This process, as `as_it_was` remembers it."""
    return Process()


@pytest.fixture(autouse=True)
def as_it_was(process: Process, request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails the test that leaves anything behind for the next one."""
    process.begin()
    yield
    if COMPLETED not in request.node.stash:
        process.forget()  # it failed, so it could not clean up
    elif left := process.left():
        pytest.fail(f"{request.node.nodeid} left behind: {', '.join(left)}", pytrace=False)


@pytest.fixture
def registrations() -> Iterator[None]:
    """For tests that register classes with Keras: what they registered is forgotten, and what they replaced is back."""
    from keras.src.saving import object_registration

    tables = object_registration.GLOBAL_CUSTOM_OBJECTS, object_registration.GLOBAL_CUSTOM_NAMES
    kept = [dict(table) for table in tables]
    yield
    for table, before in zip(tables, kept, strict=True):
        table.clear()
        table.update(before)
