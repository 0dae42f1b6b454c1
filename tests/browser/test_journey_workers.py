"""Workers that are killed cost a clear sentence at most: never the page, never what was typed."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable

import numpy as np
from playwright.sync_api import expect
from processes import busiest, workers
from screen import Screen, Server

SLOW = "1, 1500, 3"
"""The shape of an input that keeps a recurrent layer busy for a second or more."""


def kill_workers(server: Server) -> list[int]:
    found = workers(server.pid)
    for pid in found:
        with contextlib.suppress(ProcessLookupError):  # a worker may end by itself in the meantime
            os.kill(pid, signal.SIGKILL)
    return found


def test_idle_workers_that_are_killed_are_replaced_without_a_word(screen: Screen) -> None:
    screen.open({"layer": "linear"}).painted()
    killed = kill_workers(screen.server)
    assert killed
    screen.type("p_linear_units", "7")
    assert screen.problems() == []
    assert screen.shape("output:0") == (2, 7)
    expected = screen.numbers("input:0") @ screen.numbers("weight:kernel")
    np.testing.assert_allclose(screen.numbers("output:0"), expected, rtol=1e-6, atol=1e-8)
    assert not set(killed) & set(workers(screen.server.pid))


def test_a_worker_killed_in_the_middle_of_a_job(screen: Screen) -> None:
    screen.open({"layer": "keras.layers.LSTM"}).painted()
    before = screen.texts("output:0")
    expect(screen.flow).to_have_attribute("data-live", "live")  # no other job is under way
    field = screen.control("shape_keras.layers.LSTM_0").locator("input")
    field.fill(SLOW)
    with screen.change():
        field.press("Enter")
        screen.page.get_by_text("Computing …").wait_for()
        os.kill(busiest(screen.server.pid), signal.SIGKILL)
    assert screen.alive
    told = " ".join(screen.problems())
    assert told and "Traceback" not in told
    assert "worker" in told.lower() or "calculation" in told.lower(), told
    assert field.input_value() == SLOW
    assert screen.stale
    np.testing.assert_array_equal(screen.texts("output:0"), before)

    screen.type("shape_keras.layers.LSTM_0", "2, 5, 3")
    assert screen.problems() == []
    assert not screen.stale
    np.testing.assert_array_equal(screen.texts("output:0"), before)


def test_a_slow_job_of_one_visitor_does_not_hold_up_another(visitor: Callable[..., Screen]) -> None:
    slow, quick = visitor(), visitor("second")
    slow.open({"layer": "keras.layers.LSTM"}).painted()
    quick.open({"layer": "linear"}).painted()
    field = slow.control("shape_keras.layers.LSTM_0").locator("input")
    field.fill("1, 701, 3")
    before = slow.begun
    field.press("Enter")
    slow.page.get_by_text("Computing …").wait_for()
    quick.type("p_linear_units", "5")
    assert quick.shape("output:0") == (2, 5)
    assert slow.page.get_by_text("Computing …").is_visible()
    slow.settle(before + 1)
    assert slow.shape("input:0") == (1, 701, 3) and slow.problems() == []
