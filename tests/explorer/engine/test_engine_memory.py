"""What each process may take follows from the machine; what a job leaves behind is given back, or its worker goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from explorer.engine import memory
from explorer.engine.job import Job
from explorer.engine.memory import MIB, machine, shared
from explorer.engine.pool.client import Engine
from explorer.model.problem import Problem
from explorer.settings import Memory

FAKE = "tests.explorer.engine.engine_fake_jobs"


@pytest.mark.parametrize("gib", [4, 8, 16, 32, 64])
def test_all_shares_fit_into_the_part_of_the_machine(gib: int) -> None:
    shares = shared(gib << 30, Memory())
    standing = shares.workers + 1
    assert shares.web + memory._MOTHER + standing * shares.worker <= (gib << 30) * 0.6
    assert shares.messages < shares.web / 2


def test_a_larger_machine_gives_more_workers_then_larger_ones() -> None:
    few, many, large = (shared(gib << 30, Memory()) for gib in (4, 10, 64))
    assert few.workers < many.workers == large.workers
    assert many.worker < large.worker


def test_the_settings_decide() -> None:
    assert shared(8 << 30, Memory(machine_percent=30)).workers < shared(8 << 30, Memory(machine_percent=90)).workers
    assert shared(8 << 30, Memory(web_mib=200)).web == 200 * MIB


@pytest.fixture
def fake_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, dict[str, str]], None]:
    def make(own: str, files: dict[str, str]) -> None:
        for name, text in {"meminfo": "MemTotal:  8388608 kB\nMemFree: 1 kB\n", "own": own, **files}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        monkeypatch.setattr(memory, "_MACHINE", tmp_path / "meminfo")
        monkeypatch.setattr(memory, "_OWN_GROUPS", tmp_path / "own")
        monkeypatch.setattr(memory, "_GROUPS", tmp_path / "groups")

    return make


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("", {}, 8 << 30),
        ("0::/a/b\n", {"groups/a/b/memory.max": "max\n"}, 8 << 30),
        ("0::/a/b\n", {"groups/a/b/memory.max": "3000\n"}, 3000),
        ("0::/a/b\n", {"groups/a/memory.max": "4000\n", "groups/a/b/memory.max": "max\n"}, 4000),
        ("0::/outside\n", {"groups/memory.max": "5000\n"}, 5000),
        ("4:cpu,memory:/a\n3:cpu:/\n", {"groups/memory/a/memory.limit_in_bytes": "6000\n"}, 6000),
        ("4:memory:/a\n", {"groups/memory/a/memory.limit_in_bytes": str(1 << 62)}, 8 << 30),
    ],
)
def test_a_container_may_have_less_than_the_machine(
    fake_machine: Callable[[str, dict[str, str]], None], own: str, files: dict[str, str], expected: int
) -> None:
    fake_machine(own, files)
    assert machine() == expected


@pytest.fixture(scope="module")
def engine() -> object:
    made = Engine(1, 1, FAKE, preload=("numpy",), growth=1 << 30)
    made.start()
    assert made.wait_until_ready(60), made.state
    yield made
    made.close()


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


def test_a_refused_job_keeps_nothing(engine: Engine) -> None:
    before = resident(engine.submit(Job("echo"), lane="a").result(60).meta["pid"])
    with pytest.raises(Problem) as refused:
        engine.submit(Job("waste", {"bytes": 200 * MIB}), lane="a").result(60)
    pid = int(refused.value.detail)
    for _ in range(100):
        if resident(pid) < before + 20 * MIB:
            break
        time.sleep(0.1)
    assert resident(pid) < before + 20 * MIB


def test_a_worker_that_has_grown_is_replaced(engine: Engine) -> None:
    grown = engine.submit(Job("keep", {"bytes": 290 * MIB}), lane="a").result(60).meta["pid"]
    later = [engine.submit(Job("echo", {"n": n}), lane="a").result(60).meta["pid"] for n in range(3)]
    assert grown not in later
