"""Ten visitors go on while processes are killed and stopped, connections cut, the disk filled, and pages never read.

`CHAOS_SECONDS=120` makes it as long as it is meant to be; by default it is short.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.process import descendants
from benchmarks.server import EXPLORER, Server, running
from benchmarks.visitor import Visitor
from tests.chaos.person import Person
from tests.chaos.proxy import Proxy, proxy
from tests.hostile.heavy import HEAVY

VISITORS = 10
SECONDS = float(os.environ.get("CHAOS_SECONDS", "8"))
PAUSE = 1.0
"""Seconds between two blows."""
LAST = 900
"""The number that each visitor sets when all is over, and more: nobody has set it before."""
SENTENCE = re.compile(r"\*\*[^*]{10,300}\*\*")
"""How every problem on a page begins."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder for temporary files that can be filled, where the system lets a test have one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = sys.platform == "linux" and os.geteuid() == 0 and _mount(folder)
    if not mounted:
        warnings.warn("not tested: a full disk (it takes root to have a small one)", stacklevel=1)
    yield folder
    if mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _mount(folder: Path) -> bool:
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True)
    return done.returncode == 0


@pytest.mark.timeout(300 + 2 * SECONDS)
def test_nobody_loses_what_they_typed(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(disk))
    with running(EXPLORER) as server:
        blows, told = asyncio.run(_all(server, disk))
        family = descendants(server.pid)
    assert all(blows.values()), f"each blow was dealt: {blows}"
    assert all(SENTENCE.match(sentence) for sentence in told), told
    until = time.monotonic() + 10
    while (left := [pid for pid in family if _runs(pid)]) and time.monotonic() < until:
        time.sleep(0.1)
    assert not left, "processes outlive the server"
    assert not list(disk.glob("layer-explorer-*")), "a folder outlives the server"


def _runs(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return b"explorer" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


async def _all(server: Server, disk: Path) -> tuple[Counter[str], list[str]]:
    """What was done to them, and what they were told."""
    async with proxy(server.port) as before:
        panels = ["numbers"] * (VISITORS - 3) + ["doctor", "life", "calls"]
        people = [
            Person(before.port, {"layer": "linear", "seed": str(seed), "panel": panel})
            for seed, panel in enumerate(panels)
        ]
        await asyncio.gather(*(person.arrive() for person in people))
        over = asyncio.Event()
        changing = [asyncio.create_task(_change_until(over, person)) for person in people]
        blows = await _deal(server.pid, before, disk, SECONDS)
        over.set()
        await asyncio.gather(*changing)
        await asyncio.gather(*(person.change("units", LAST + seed) for seed, person in enumerate(people)))
        for person in people:
            await person.close()
        assert any(person.cut_off for person in people)
        return blows, [sentence for person in people for sentence in person.told]


async def _change_until(over: asyncio.Event, person: Person) -> None:
    width = 5
    while not over.is_set():
        await person.change("units", width)
        width += 1
        await asyncio.sleep(0.3)


async def _deal(server: int, before: Proxy, disk: Path, seconds: float) -> Counter[str]:
    """Deal one blow after the other, in an order of its own for each run of all six."""
    dealt: Counter[str] = Counter()
    chance = random.Random(8)
    blows: dict[str, Callable[[], object]] = {
        "kill a worker": lambda: _hit(_workers(server), signal.SIGKILL, chance),
        "stop a worker": lambda: _hit(_workers(server), signal.SIGSTOP, chance),
        "kill the template": lambda: _hit(_templates(server), signal.SIGKILL, chance),
        "cut connections": before.cut,
        "fill the disk": lambda: _fill(disk),
        "never read": lambda: _never_read(before.port, chance),
    }
    until = time.monotonic() + seconds
    while time.monotonic() < until or not all(dealt[name] for name in blows):
        for name in chance.sample(list(blows), len(blows)):
            if dealt[name] and time.monotonic() >= until:
                continue  # where the template process is killed over and over, no worker is ever there to be hit
            found = blows[name]()
            if asyncio.iscoroutine(found):
                found = await found
            dealt[name] += bool(found)
            await asyncio.sleep(PAUSE)
            (disk / "full").unlink(missing_ok=True)
    return dealt


def _templates(server: int) -> list[int]:
    return [pid for pid in descendants(server, 1) if b"engine.processes.template" in _command(pid)]


def _workers(server: int) -> list[int]:
    return [worker for template in _templates(server) for worker in descendants(template, 1)]


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _hit(found: list[int], how: signal.Signals, chance: random.Random) -> bool:
    if found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(chance.choice(found), how)
            return True
    return False


def _fill(disk: Path) -> bool:
    """Write until nothing more goes in; of a disk that is not small nothing."""
    if not disk.is_mount():
        return True
    with contextlib.suppress(OSError), (disk / "full").open("wb", buffering=0) as file:
        while file.write(bytes(1 << 16)):
            pass
    return True


async def _never_read(port: int, chance: random.Random) -> bool:
    """Ask for something large, and leave the connection open without taking the answer."""
    visitor = Visitor(port, chance.choice(HEAVY))
    await visitor.ask()
    assert visitor._socket is not None
    visitor._socket.transport.pause_reading()
    return True
