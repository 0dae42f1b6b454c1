"""Of pages that are drawn at once, those that have taken much wait a little for those that have not."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from explorer.views import courtesy
from explorer.views.courtesy import OPENING_PATIENCE, PATIENCE, Turn
from tests.privileges import may_hurry


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(courtesy, "_drawn", set())
    yield


def used(seconds: float) -> Turn:
    turn = Turn()
    with turn.drawing():
        pass
    turn._taken = seconds
    return turn


def waited(turn: Turn, monkeypatch: pytest.MonkeyPatch, then: Callable[[float], None] = lambda slept: None) -> float:
    """Seconds that the page asked to sleep; nobody sleeps, so a busy machine adds nothing."""
    slept = 0.0

    def sleep(seconds: float) -> None:
        nonlocal slept
        slept += seconds
        then(slept)

    with turn.drawing(), monkeypatch.context() as patch:
        patch.setattr(courtesy, "time", SimpleNamespace(sleep=sleep, monotonic=time.monotonic))
        turn.let_others_pass()
    return slept


def test_a_page_that_has_taken_much_waits_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    light, heavy = used(0.1), used(3.0)
    with light.drawing():
        assert waited(heavy, monkeypatch) == pytest.approx(PATIENCE, abs=courtesy._STEP)
    with heavy.drawing():
        assert waited(light, monkeypatch) == 0


def test_a_page_that_is_being_opened_waits_for_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(slept: float) -> None:
        if slept > 0.2:
            courtesy._drawn.discard(light)

    light = used(1.0)
    with light.drawing():
        assert 0.2 < waited(Turn(), monkeypatch, leave) < OPENING_PATIENCE
    opened = Turn()
    with opened.drawing():
        pass
    assert opened.weight < 1.0, "opened once, it is a page like any other"


def test_of_pages_that_are_being_opened_the_first_goes_on_and_the_next_one_waits() -> None:
    first, second = Turn(), Turn()
    with first.drawing(), second.drawing():
        first.let_others_pass()
        assert first._patience == OPENING_PATIENCE, "it waited for one that began later"
        second.let_others_pass()
        assert second._patience <= 0, "it waited for nobody"


def test_nobody_waits_for_a_page_that_waits_for_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    light, heavy = used(0.1), used(3.0)
    with light.drawing(), light.waiting():
        assert waited(heavy, monkeypatch) == 0


def test_what_a_page_took_is_forgotten() -> None:
    turn = used(4.0)
    turn._since -= 2 * courtesy.HALF_LIFE
    assert turn.weight == pytest.approx(1.0, rel=0.01)


@pytest.mark.skipif(sys.platform != "linux", reason="threads without priorities of their own")
def test_a_page_that_is_being_opened_is_drawn_by_a_thread_that_goes_later():
    seen: list[int] = []

    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def draw_twice() -> None:
        turn = Turn()
        for _ in range(2):
            with turn.drawing():
                seen.append(priority())
            seen.append(priority())

    thread = threading.Thread(target=draw_twice)  # of its own: without the privilege it stays low
    thread.start()
    thread.join()
    before = priority()
    after = before if may_hurry() else max(before, 5)
    assert seen == [max(before, 5), after, after, after]
