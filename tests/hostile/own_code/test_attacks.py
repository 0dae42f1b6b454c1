"""Code of a visitor reaches nothing: each attack works in a process without walls, and is refused by them."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from explorer.engine import configuration, process
from explorer.engine.job import Job
from explorer.engine.pool import own_code
from explorer.engine.pool.client import Engine
from explorer.engine.processes import walls
from explorer.model.problem import Problem
from tests.hostile.own_code import around
from tests.hostile.own_code.attacks import ENDLESS, FATAL, FORGED, FRAMES, PATCHES, QUIET

pytestmark = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="the attacks make system calls of this processor"
)
Outcomes = Mapping[str, Sequence[str]]
BARE = "tests.hostile.own_code.bare_jobs"
EXISTENCE = {
    f"read: to ask {what}" for what in ("whether it is there", "for its size", "what may be done", "where a link leads")
}
"""What only mounts of its own keep from a process: whether a file of a known name is there. SECURITY.md says so."""
SECONDS = 0.8


def test_this_machine_has_all_walls() -> None:
    """Where it has not, these tests prove nothing, and say so."""
    assert walls.absent() is None


@pytest.fixture(scope="module")
def known() -> Iterator[dict[str, Any]]:
    with around.targets() as known:
        yield known


@pytest.fixture(scope="module", params=[around.JOBS, BARE], ids=["with mounts", "without"])
def refused(request: pytest.FixtureRequest, known: dict[str, Any]) -> tuple[str, Outcomes]:
    """What each attack came to behind the walls."""
    with around.confining(preload=configuration.PRELOAD, jobs=request.param) as engine:
        job = Job("codes", {"code": "many", "codes": QUIET, "known": known})
        return request.param, engine.submit(job, lane="a").result(around.ENOUGH).meta["came"]


@pytest.fixture(scope="module")
def works(known: dict[str, Any]) -> Outcomes:
    """What each attack came to without them. Its targets are others, as not much is left of them."""
    with around.targets() as others:
        return around.free(QUIET, others, tensorflow=True)


@pytest.mark.parametrize("name", QUIET)
def test_an_attack_is_refused(name: str, refused: tuple[str, Outcomes], works: Outcomes) -> None:
    jobs, came = refused
    assert works[name][0] == "done", f"without walls it works, or this proves nothing: {works[name][1]}"
    assert came[name][0] == ("done" if jobs == BARE and name in EXISTENCE else "refused"), came[name]


def test_what_was_aimed_at_is_untouched(refused: tuple[str, Outcomes], known: dict[str, Any]) -> None:
    there = {path.name: path.read_text() if path.is_file() else "" for path in Path(known["FOLDER"]).iterdir()}
    files = dict.fromkeys(("secret", "target", "removable", "link"), around.WORD)
    assert there == {**files, "empty": "", "listener": ""}


# -- what has a process of its own


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with around.confining(preload=("numpy", "tensorflow"), seconds=SECONDS, most=4, waiting=None) as engine:
        yield engine


def all_of(engine: Engine, codes: Mapping[str, str]) -> dict[str, Problem | Any]:
    """What the codes of as many visitors come to, and then that the engine is well."""
    before = engine.pids()[0]
    lanes = {name: name.replace(" ", "-") for name in codes}
    futures = {name: around.tried(engine, code, lanes[name], known={"CHANNEL": 0}) for name, code in codes.items()}
    came: dict[str, Problem | Any] = {}
    for name, future in futures.items():
        try:
            came[name] = future.result(around.ENOUGH).meta
        except Problem as problem:
            came[name] = problem
    assert around.tried(engine, "answer = 5").result(around.ENOUGH).meta["answer"] == 5
    assert engine.state == "ready" and engine.pids()[0] == before
    return came


def group(codes: Mapping[str, str], way: str, *, tensorflow: bool = False) -> Any:
    """A fixture: what codes came to behind walls, and without."""

    @pytest.fixture(scope="module")
    def both(engine: Engine) -> tuple[dict[str, Any], Outcomes]:
        return all_of(engine, codes), around.free(dict(codes), {}, way, tensorflow=tensorflow)

    return both


endless = group(ENDLESS, "lasts", tensorflow=True)
frames = group({**FRAMES, **FORGED}, "sends")
fatal = group(FATAL, "ends")


@pytest.mark.parametrize("name", ENDLESS)
def test_what_would_not_end_is_ended(name: str, endless: tuple[dict[str, Any], Outcomes]) -> None:
    confined, without = endless
    assert without[name][0] == "done", "without a limit it goes on, or this proves nothing"
    assert isinstance(confined[name], Problem), confined[name]


@pytest.mark.parametrize("name", FRAMES)
def test_what_the_channel_is_sent_is_no_reply(name: str, frames: tuple[dict[str, Any], Outcomes]) -> None:
    confined, without = frames
    assert without[name][0] == "done", "it is sent, or this proves nothing"
    assert isinstance(confined[name], Problem), confined[name]


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_reply_is_the_last_word(name: str, frames: tuple[dict[str, Any], Outcomes]) -> None:
    confined, without = frames
    assert without[name][0] == "done" and confined[name] == {"answer": "forged"}


@pytest.mark.parametrize("name", FATAL)
def test_what_costs_a_process_costs_no_other(name: str, fatal: tuple[dict[str, Any], Outcomes]) -> None:
    confined, without = fatal
    assert without[name][0] == "done", f"without walls it works, or this proves nothing: {without[name][1]}"
    assert isinstance(confined[name], Problem), confined[name]


@pytest.fixture(scope="module")
def patched(engine: Engine) -> tuple[dict[str, Any], Outcomes]:
    """What the code of a process sees after that of another has changed its own; and in the same process."""
    same = {name: f"{change}\n{look}\nassert answer" for name, (change, look) in PATCHES.items()}
    all_of(engine, {name: change for name, (change, _) in PATCHES.items()})
    return all_of(engine, {name: look for name, (_, look) in PATCHES.items()}), around.free(same, {}, "ends")


@pytest.mark.parametrize("name", PATCHES)
def test_the_next_code_finds_nothing_of_the_last(name: str, patched: tuple[dict[str, Any], Outcomes]) -> None:
    confined, without = patched
    assert without[name][0] == "done", "in one process it is seen, or this proves nothing"
    assert confined[name]["answer"] is False


def test_floods_leave_the_server_as_small_as_it_was(engine: Engine) -> None:
    codes = {name: FRAMES[name] for name in FRAMES if "without end" in name or "long" in name or "swells" in name}
    before = process.resident()
    for _ in range(3):
        all_of(engine, codes)
    assert process.resident() - before < 64 << 20
    assert engine.scheduler.held.size <= own_code.MAX_MESSAGE
