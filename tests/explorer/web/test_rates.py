"""Token buckets and places, by a clock that the test turns."""

from __future__ import annotations

import pytest

from explorer.web import rates
from explorer.web.rates import Buckets, Places


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_a_steady_rate_for_each_name() -> None:
    clock = Clock()
    buckets = Buckets(2, 5, clock)
    assert [buckets.take("a") for _ in range(5)] == [0] * 5
    assert buckets.take("a") == pytest.approx(0.5)
    assert buckets.take("b") == 0
    clock.now = 0.5
    assert buckets.take("a") == 0
    assert buckets.take("a") > 0
    clock.now = 1000
    assert sum(buckets.take("a") == 0 for _ in range(50)) == 5


def test_asking_in_vain_costs_nothing() -> None:
    clock = Clock()
    buckets = Buckets(1, 1, clock)
    buckets.take("a")
    for _ in range(100):
        assert buckets.take("a") > 0
    clock.now = 1
    assert buckets.take("a") == 0


def test_a_million_names_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MAX_KNOWN", 100)
    buckets = Buckets(1, 1, Clock())
    for number in range(1000):
        buckets.take(str(number))
        buckets.take("always here")
    assert len(buckets._known) == 100
    assert buckets.take("always here") > 0


def test_places_for_each_and_in_all() -> None:
    places = Places(2, 3)
    assert [places.take("a") for _ in range(3)] == [True, True, False]
    assert [places.take("b") for _ in range(2)] == [True, False]
    places.give_back("a")
    assert places.take("b")
    assert not places.take("c")
    for name in "abb":
        places.give_back(name)
    assert not places._taken
