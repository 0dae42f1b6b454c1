"""The engine for a visitor's code: one job a process, one run at a time for each visitor, a bounded queue."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from explorer import settings
from explorer.engine import memory, process
from explorer.engine.job import Job, needs_walls
from explorer.engine.memory import MIB, own_code_shared
from explorer.engine.pool import client, own_code
from explorer.engine.pool.client import Busy, Cancelled, Engine, Superseded
from explorer.engine.processes import kernel, walls
from explorer.engine.regime import Regime, Walls
from explorer.model.problem import Problem
from explorer.settings import OwnCode, Settings, SettingsError
from tests.hostile.own_code import around
from tests.hostile.own_code.around import ENOUGH, confining, tried

SOAK = 50
PLANTED = "tests.explorer.engine.engine_planted_violation"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with confining() as engine:
        yield engine


def until(condition: Callable[[], Any]) -> bool:
    end = time.monotonic() + ENOUGH
    while not (met := condition()) and time.monotonic() < end:
        time.sleep(0.005)
    return bool(met)


def begun(future: client.Future) -> int:
    """The process of a text that tells its number as its progress."""
    assert until(lambda: future.progress.text)
    return int(future.progress.text)


def _descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


WAIT = "import os, time; report(0.5, str(os.getpid())); time.sleep({})"


def test_each_run_has_a_process_of_its_own(engine: Engine) -> None:
    template = engine.pids()[0]
    found = {tried(engine, f"answer = {n}").result(ENOUGH).meta["pid"] for n in range(5)}
    assert len(found) == 5 and engine.pids()[0] == template
    assert until(lambda: not any(map(there, found)))


def test_one_that_is_ready_waits(engine: Engine) -> None:
    assert until(lambda: any(worker.ready and worker.task is None for worker in engine.scheduler._living()))
    tried(engine, "answer = 'taken'").result(ENOUGH)
    assert until(lambda: any(worker.ready and worker.task is None for worker in engine.scheduler._living()))


def test_it_finds_a_clean_place(engine: Engine) -> None:
    code = """
import os, resource, threading
open("a", "w").write("b")
answer = {"files": os.listdir("."), "user": os.getuid(), "here": os.getcwd(),
          "files open": resource.getrlimit(resource.RLIMIT_NOFILE)[1], "variables": dict(os.environ)}
"""
    found = tried(engine, code).result(ENOUGH).meta["answer"]
    assert found["files"] == ["a"] and found["files open"] == walls.MAX_FILES
    assert not set(found["variables"]) & {"PATH", settings.VARIABLE, "LD_LIBRARY_PATH"}
    assert found["variables"]["HOME"] == found["here"] and not Path(found["here"], "a").exists()
    assert found["user"] != os.geteuid() or os.geteuid() != 0


def test_it_can_compute_and_write_and_start_threads(engine: Engine) -> None:
    code = """
import tempfile, threading, decimal, statistics
with tempfile.TemporaryDirectory() as folder, open(folder + "/a", "w") as file:
    file.write("b")
found = []
thread = threading.Thread(target=found.append, args=(statistics.mean([1, 3]),))
thread.start(); thread.join()
answer = found
"""
    assert tried(engine, code).result(ENOUGH).meta["answer"] == [2]


def test_a_visitor_runs_one_at_a_time_and_another_need_not_wait(engine: Engine) -> None:
    first = tried(engine, WAIT.format(1), "one run")
    second = tried(engine, "answer = 2", "one check", n=1)
    begun(first)
    other = tried(engine, "answer = 3", "other run").result(ENOUGH)
    assert other.meta["answer"] == 3 and not first.done() and not second.done()
    assert second.result(ENOUGH).meta["answer"] == 2
    first.result(ENOUGH)


def test_what_is_given_up_is_killed_at_once(engine: Engine) -> None:
    given_up = tried(engine, WAIT.format(100))
    pid = begun(given_up)
    started = time.monotonic()
    given_up.cancel()
    with pytest.raises(Cancelled):
        given_up.result(ENOUGH)
    assert until(lambda: not there(pid)) and time.monotonic() - started < 1
    older = tried(engine, WAIT.format(101))
    pid = begun(older)
    assert tried(engine, "answer = 'newer'").result(ENOUGH).meta["answer"] == "newer"
    with pytest.raises(Superseded):
        older.result(ENOUGH)
    assert until(lambda: not there(pid))


def test_who_waits_in_vain_is_told_so_and_a_flood_leaves_others_their_place() -> None:
    with confining(most=1, waiting=5, waiting_of_one=2) as engine:
        running = tried(engine, WAIT.format(30), "flood run")
        begun(running)
        flood = [tried(engine, "answer = 1", f"flood {n}", n=n) for n in range(20)]
        refused = [one for one in flood if one.done()]
        assert len(refused) == 18
        with pytest.raises(Busy, match="Many people"):
            refused[0].result(0)
        others = [tried(engine, "answer = 2", f"other-{n} run") for n in range(4)]
        assert [one.done() for one in others] == [False, False, False, True], "three places were left"
        running.cancel()
        assert [one.result(ENOUGH).meta["answer"] for one in others[:3]] == [2, 2, 2]
        assert sum(one.done() for one in flood) - len(refused) <= 2, "visitors take turns"
        for one in flood:
            one.cancel()


def test_many_pages_of_one_address_leave_others_their_place() -> None:
    with confining(most=3, waiting=8, waiting_of_one=6) as engine:
        flood = [tried(engine, WAIT.format(30), f"10.0.0.1/{n} run", n=n) for n in range(20)]
        assert until(lambda: sum(bool(one.progress.text) for one in flood) == 2), "of three places it has two"
        assert sum(one.done() for one in flood) >= 20 - 3 - 4, "and half of those where one waits"
        other = tried(engine, "answer = 1", "10.0.0.2/1 run")
        assert other.result(ENOUGH).meta["answer"] == 1
        assert sum(bool(one.progress.text) for one in flood) == 2
        for one in flood:
            one.cancel()


def test_a_run_gives_way(engine: Engine) -> None:
    busy = tried(engine, "import os\nreport(0.5, str(os.getpid()))\nwhile True: pass")
    pid = begun(busy)

    assert until(lambda: os.getpriority(os.PRIO_PROCESS, pid) > 0)
    busy.cancel()


def test_a_job_with_code_is_refused_by_an_ordinary_worker() -> None:
    ordinary = Engine(1, 1, around.JOBS, preload=("numpy",))
    try:
        for args in ({"code": "answer = 1"}, {"experiment": {"code": "a"}, "codes": {}}):
            with pytest.raises(Problem, match="not run here"):
                ordinary.submit(Job("code", args), lane="a").result(ENOUGH)
        assert ordinary.submit(Job("code", {"codes": {}}), lane="a").result(ENOUGH).meta["came"] == {}
    finally:
        ordinary.close()
    assert not needs_walls({"experiment": {"code": ""}}) and not needs_walls({"experiment": 5, "code": 3})


def test_nothing_grows_and_nothing_stays(engine: Engine) -> None:
    """`make bench` does the same a thousand times."""
    tried(engine, "answer = -1").result(ENOUGH)
    template = engine.pids()[0]
    assert template is not None
    before = process.resident(template), process.resident(), _descriptors()
    for number in range(SOAK):
        assert tried(engine, f"answer = [{number}] * 1000").result(ENOUGH).meta["answer"][5] == number
    assert until(lambda: len(engine.pids()[1]) <= 2)
    assert process.resident(template) - before[0] < 8 * MIB and process.resident() - before[1] < 32 * MIB
    assert _descriptors() <= before[2] + 4
    folder = Path(engine.scheduler._supervisor._settings["folder"])
    assert until(lambda: len(list(folder.iterdir())) <= 2)


@pytest.mark.parametrize("planted", [False, True])
def test_an_operation_in_the_template_would_block_every_graph(planted: bool) -> None:
    """Why the template runs none: the first one's threads are not forked, and what is given to them waits for ever.

    If this changes with another TensorFlow, `explorer.engine.processes.template` may do more.
    """
    graph = "import tensorflow as tf; answer = float(tf.function(lambda x: x + 1)(tf.constant(1.0)))"
    preload = ("tensorflow", PLANTED) if planted else ("tensorflow",)
    with confining(preload=preload, seconds=2 if planted else 20) as engine:
        now, after_import = engine.threads(ENOUGH)
        assert (now > after_import) == planted
        if planted:
            with pytest.raises(Problem, match="took longer"):
                tried(engine, graph).result(ENOUGH)
        else:
            assert tried(engine, graph).result(ENOUGH).meta["answer"] == 2


# -- where walls are missing, and who decides


def test_a_worker_without_a_wall_does_nothing(caplog: pytest.LogCaptureFixture) -> None:
    engine = Engine(1, 1, "tests.hostile.own_code.leaky_jobs", preload=("numpy",), regime=own_code.regime(False))
    with caplog.at_level(logging.ERROR):
        future = tried(engine, "answer = 1")
        with pytest.raises(Problem, match="cannot start"):
            future.result(ENOUGH)
    assert engine.state.startswith("failed: Missing: this was not refused: ")
    engine.close()


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    monkeypatch.delenv(settings.TRUST_VARIABLE, raising=False)

    def decides(mode: str) -> None:
        found = Settings(own_code=settings.read({"own_code": {"mode": mode}}).own_code)
        monkeypatch.setattr(own_code, "settings", lambda: found)

    return decides


def test_a_machine_without_walls_says_which(operator: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> int:
        raise OSError

    operator("confined")
    assert own_code.refusal(False, False) is None
    assert "process with all walls" in str(own_code.refusal(False, True))
    monkeypatch.setattr(kernel, "seccomp", lambda: 2)
    assert "lacks seccomp" in str(own_code.refusal(False, False))
    monkeypatch.setattr(kernel, "landlock", none)
    assert "lacks Landlock" in str(own_code.refusal(False, False))
    monkeypatch.setattr(walls.sys, "platform", "darwin")
    assert "only Linux" in str(own_code.refusal(False, False))
    assert own_code.refusal(True, False) is None, "whoever trusts it needs no walls"


def test_trust_takes_the_setting_the_flag_and_loopback(
    operator: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for mode, flag, loopback in (("trusted", "1", 0), ("trusted", "", 1), ("confined", "1", 1), ("off", "1", 1)):
        operator(mode)
        monkeypatch.setenv(settings.TRUST_VARIABLE, flag)
        assert not own_code.is_trusted(bool(loopback))
        assert own_code.regime(own_code.is_trusted(bool(loopback))).walls is Walls.ALL
    operator("trusted")
    monkeypatch.setenv(settings.TRUST_VARIABLE, "1")
    assert own_code.is_trusted(True) and own_code.regime(True).walls is Walls.NONE
    operator("off")
    assert "switched off" in str(own_code.refusal(False, False))
    with pytest.raises(SettingsError, match=r"expected one of 'off', 'confined', 'trusted', received 'on'"):
        settings.read({"own_code": {"mode": "on"}})


def test_trusted_code_has_no_walls_but_a_process_and_a_limit(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("read")
    with confining(walls=Walls.NONE, seconds=0.5) as engine:
        assert tried(engine, f"answer = open({str(tmp_path / 'a')!r}).read()").result(ENOUGH).meta["answer"] == "read"
        with pytest.raises(Problem, match=r"longer than 0\.5 s"):
            tried(engine, "while True: pass").result(ENOUGH)


def test_the_engine_of_a_server_starts_when_it_is_first_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_HOLDER", "_layer_explorer_of_this_test")
    monkeypatch.setattr(client, "_engines", {})
    monkeypatch.setitem(client.sys.modules, "_layer_explorer_of_this_test", client.types.ModuleType("holder"))
    monkeypatch.setattr(
        client, "Engine", lambda *args, **more: Engine(*args, jobs=around.JOBS, preload=("numpy",), **more)
    )
    assert client.own_code_refusal() is None and not vars(client._holder()).get("own_code_scheduler")
    code = {"code": "answer = 7"}
    try:
        assert client.engine_for({"experiment": {}}) is client.engine()
        engine = client.engine_for(code)
        assert engine is client.own_code_engine() and engine is not client.engine()
        assert engine.submit(Job("code", code), lane="a").result(ENOUGH).meta["answer"] == 7
        monkeypatch.setattr(own_code, "settings", lambda: Settings(own_code=OwnCode(mode="off")))
        with pytest.raises(Problem, match="switched off"):
            client.engine_for(code)
    finally:
        client.close_engines()


def test_the_operator_says_how_much_of_the_machine() -> None:
    for gib in (2, 4, 8, 16, 64):
        each, runs = own_code_shared(gib << 30, OwnCode())
        assert 256 * MIB <= each <= 1024 * MIB and 1 <= runs <= 3
        assert gib < 4 or each * runs + memory._MOTHER <= (gib << 30) * 0.25
    assert own_code_shared(16 << 30, OwnCode())[1] > own_code_shared(16 << 30, OwnCode(machine_percent=5))[1]


def test_a_visitor_is_the_first_word_of_a_lane_only_where_code_runs() -> None:
    with pytest.raises(ValueError, match="Expected: seconds"):
        Regime(walls=Walls.ALL)
    assert Regime(single_use=True).visitor("a trail") == "a" and Regime().visitor("a trail") == "a trail"
