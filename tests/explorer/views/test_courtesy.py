"""Of pages that are drawn at once, those that have taken much wait a little for those that have not."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from explorer.views import courtesy
from explorer.views.courtesy import OPENING_PATIENCE, PATIENCE, Turn


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


def waited(turn: Turn) -> float:
    with turn.drawing():
        began = time.monotonic()
        turn.let_others_pass()
        return time.monotonic() - began


def test_a_page_that_has_taken_much_waits_and_not_for_ever() -> None:
    light, heavy = used(0.1), used(3.0)
    with light.drawing():
        assert waited(heavy) >= PATIENCE * 0.9
    with heavy.drawing():
        assert waited(light) < PATIENCE / 2


def test_a_page_that_is_being_opened_waits_for_all_others() -> None:
    light = used(1.0)
    with light.drawing():
        threading.Timer(0.2, lambda: courtesy._drawn.discard(light)).start()
        assert 0.15 < waited(Turn()) < OPENING_PATIENCE
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


def test_nobody_waits_for_a_page_that_waits_for_the_engine() -> None:
    light, heavy = used(0.1), used(3.0)
    with light.drawing(), light.waiting():
        assert waited(heavy) < PATIENCE / 2


def test_what_a_page_took_is_forgotten() -> None:
    turn = used(4.0)
    turn._since -= 2 * courtesy.HALF_LIFE
    assert turn.weight == pytest.approx(1.0, rel=0.01)
