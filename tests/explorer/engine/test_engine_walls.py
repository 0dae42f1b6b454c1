"""What a worker cannot do, and what it still can."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import sys
import tempfile
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from explorer.engine.job import Job
from explorer.engine.pool.client import Engine
from explorer.engine.processes import confinement, kernel
from explorer.engine.transport.channel import texts
from tests.explorer.engine import wall_jobs

ENOUGH = 60
STILL_DONE = {"own folder", "signal itself"}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine(1, 1, "tests.explorer.engine.wall_jobs", preload=("numpy",))
    engine.start()
    assert engine.wait_until_ready(ENOUGH), engine.state
    yield engine
    engine.close()


@pytest.fixture
def args(tmp_path: Path) -> Iterator[dict[str, Any]]:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield {"port": server.getsockname()[1], "secret": str(secret), "other": os.getpid()}


@pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")
def test_no_attempt_leads_out_of_a_worker(engine: Engine, args: dict[str, Any]) -> None:
    free = wall_jobs.perform("attempts", args, {}, None)[0]
    assert set(free.values()) == {"done"}, "without walls each attempt works, so the test can fail"
    confined = engine.submit(Job("attempts", args), lane="a").result(ENOUGH).meta
    assert {name for name, outcome in confined.items() if outcome == "done"} == STILL_DONE
    assert {confined[name] for name in set(confined) - STILL_DONE} <= {"EACCES", "EPERM"}


def test_a_worker_has_a_folder_that_goes_with_it(engine: Engine) -> None:
    facts = engine.submit(Job("facts"), lane="a").result(ENOUGH).meta
    folder = Path(facts["folder"])
    assert facts["folder"] == facts["temporary"] == facts["home"]
    assert folder.is_dir() and folder.stat().st_mode & 0o077 == 0
    assert facts["largest file"] == confinement.MAX_FILE_BYTES and facts["source"]
    os.kill(facts["pid"], 9)
    again = engine.submit(Job("facts", {"again": 1}), lane="a").result(ENOUGH).meta
    assert again["folder"] != facts["folder"]
    for _ in range(400):
        if not folder.exists():
            break
        time.sleep(0.05)
    assert not folder.exists()


def test_nothing_is_left_when_the_engine_closes() -> None:
    engine = Engine(1, 1, "tests.explorer.engine.wall_jobs", preload=("numpy",))
    engine.start()
    folder = Path(engine.submit(Job("facts"), lane="a").result(ENOUGH).meta["folder"])
    engine.close()
    assert not folder.parent.exists()


def test_a_worker_whose_template_is_gone_makes_no_folder_again(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        confinement.confine(tmp_path / "gone")
    assert not any(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can change users")
def test_root_gives_a_worker_a_user_that_owns_nothing_else(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path(tempfile.mkdtemp())  # not below a folder of the tests' own, which may be closed to other users
    request.addfinalizer(lambda: shutil.rmtree(home))
    home.chmod(0o711)
    secret, folder = home / "secret", home / "own"
    secret.write_text("secret")
    secret.chmod(0o600)
    folder.mkdir()
    monkeypatch.setattr(confinement, "program", lambda: [Path("/usr")])
    monkeypatch.setattr(confinement, "packages", list)
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            confinement._take_user(folder)
            (folder / "x").write_text("x")
            reachable = [path for path in (secret, Path("/etc/shadow")) if os.access(path, os.R_OK)]
            os.write(write, f"{os.getuid()} {os.getgid()} {os.getgroups()} {reachable}".encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(pid, 0)
    user = confinement._FIRST_USER + pid % confinement._USERS
    assert os.read(read, 1000).decode() == f"{user} {user} [] []"


def test_a_user_of_its_own_needs_a_program_that_it_can_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)
    monkeypatch.setattr(confinement, "program", lambda: [tmp_path / "closed"])
    with pytest.raises(PermissionError, match=r"closed|only root"):
        confinement._take_user(tmp_path)
    assert os.geteuid() not in range(confinement._FIRST_USER, confinement._FIRST_USER + confinement._USERS)


def test_what_was_installed_under_a_strict_umask_gives_no_user_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "keras").mkdir(mode=0o700)
    keras = types.ModuleType("keras")
    keras.__file__ = str(tmp_path / "keras" / "__init__.py")
    monkeypatch.setitem(sys.modules, "keras", keras)
    monkeypatch.setattr(confinement, "program", list)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda *_: pytest.fail("it went on"))
    monkeypatch.setattr(confinement, "readable_by_all", lambda path: path.stat().st_mode & 0o005 == 0o005)
    with pytest.raises(PermissionError, match="keras"):
        confinement._take_user(tmp_path)


def test_a_missing_wall_is_told(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> None:
        raise OSError(38, os.strerror(38))

    monkeypatch.setattr(kernel, "refuse_calls", absent)
    assert confinement._tried("network", kernel.refuse_calls) == "network: Function not implemented"
    assert texts(memoryview(b'["network: no"]')) == ("network: no",)
    assert texts(memoryview(b"5")) == ("unknown",)
    engine = Engine(1, 1, "tests.explorer.engine.wall_jobs", preload=("numpy",))
    with caplog.at_level(logging.INFO):
        engine.start()
        assert engine.wait_until_ready(ENOUGH)
        engine.close()
    assert any("workers run without: " in record.getMessage() for record in caplog.records)
