"""The engine with jobs that are quick to load and badly behaved. The template here imports NumPy only."""

import contextlib
import importlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from explorer.engine import configuration
from explorer.engine.job import Job
from explorer.engine.pool import scheduler, worker_handle
from explorer.engine.pool.client import Cancelled, Engine, Superseded
from explorer.model.problem import Problem
from tests.privileges import may_hurry

FAKE = "tests.explorer.engine.engine_fake_jobs"
ENOUGH = 60


def make(workers: int = 2, most: int = 4, **more: object) -> Engine:
    engine = Engine(workers, most, FAKE, **{"preload": ("numpy",), **more})
    engine.start()
    return engine


@pytest.fixture(scope="module")
def shared():
    engine = make()
    assert engine.wait_until_ready(ENOUGH), engine.state
    yield engine
    engine.close()


@pytest.fixture
def single():
    """One job at a time, so that the order of jobs shows."""
    engine = make(1, 1)
    assert engine.wait_until_ready(ENOUGH), engine.state
    yield engine
    engine.close()


def until(condition, seconds: float = ENOUGH) -> bool:
    end = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < end:
        time.sleep(0.005)
    return bool(met)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def pid_of(future) -> int:
    """The worker of a running job that reports its process id as its progress."""
    assert until(lambda: future.progress.text), "the job has not begun"
    return int(future.progress.text)


def problem_of(future) -> Problem:
    with pytest.raises(Problem) as caught:
        future.result(ENOUGH)
    return caught.value


_unique = iter(range(10**9))


def echo(shared: Engine, lane: str = "quick"):
    return shared.submit(Job("echo", {"n": next(_unique)}), lane=lane)


# -- the ordinary life of a job


def test_arguments_and_arrays_arrive_and_come_back(shared):
    arrays = {"x": np.arange(6.0).reshape(2, 3), "words": np.array(["가", "b"], object)}
    args = {"a": [1, None, "한"], "nan": float("inf")}
    reply = shared.submit(Job("echo", args, arrays), lane="a").result(ENOUGH)
    assert reply.meta["args"] == args
    np.testing.assert_array_equal(reply.arrays["x"], arrays["x"])
    assert reply.arrays["words"].tolist() == ["가", "b"]
    assert not reply.arrays["x"].flags.writeable


def test_a_job_of_many_megabytes_passes_both_ways(shared):
    x = np.arange(3_000_000, dtype="float32")
    reply = shared.submit(Job("double", {}, {"x": x}), lane="a").result(ENOUGH)
    np.testing.assert_array_equal(reply.arrays["x"], x * 2)


def test_two_threads_get_their_own_answers(shared):
    wrong = []

    def ask(lane: str, factor: int) -> None:
        for n in range(50):
            x = np.array([n * factor])
            reply = shared.submit(Job("double", {"lane": lane}, {"x": x}), lane=lane).result(ENOUGH)
            wrong.extend([n] if reply.arrays["x"].tolist() != [2 * n * factor] else [])

    threads = [threading.Thread(target=ask, args=(f"lane {n}", n)) for n in (1, 1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads) and wrong == []


def test_progress_is_seen_while_a_job_runs(shared):
    future = shared.submit(Job("steps", {"steps": 10}), lane="a")
    seen = set()
    while not future.done():
        seen.add((future.progress.fraction, future.progress.text))
        time.sleep(0.005)
    future.result(ENOUGH)
    told = {(fraction, text) for fraction, text in seen if text}
    assert len(told) >= 2, "some of its ten steps were seen, on however busy a machine"
    assert told <= {(step / 10, f"step {step}") for step in range(11)}


def test_a_result_that_is_not_there_yet_is_a_timeout_and_comes_later(shared):
    future = shared.submit(Job("sleep", {"seconds": 0.3}), lane="a")
    with pytest.raises(TimeoutError):
        future.result(0.05)
    assert not future.done()
    assert future.result(ENOUGH).meta["pid"] in shared.pids()[1]


def test_a_reply_is_kept_for_the_next_who_asks_the_same(shared):
    def ask(n: int, x: np.ndarray, lane: str) -> int:
        return shared.submit(Job("clock", {"n": n}, {"x": x}), lane=lane).result(ENOUGH).meta["time"]

    first = ask(1, np.zeros(3), "a")
    assert ask(1, np.zeros(3), "b") == first
    assert ask(2, np.zeros(3), "a") != first
    assert ask(1, np.zeros((3, 1)), "a") != first
    fickle = [str(problem_of(shared.submit(Job("fickle"), lane="a"))) for _ in range(2)]
    assert fickle[0] != fickle[1]


def test_the_same_job_asked_twice_at_once_in_a_lane_runs_once(single):
    block = single.submit(Job("sleep", {"seconds": 0.2}), lane="x")
    futures = [single.submit(Job("clock"), lane="a") for _ in range(3)]
    assert len({future.result(ENOUGH).meta["time"] for future in futures}) == 1
    block.result(ENOUGH)


# -- latest wins, fairness


def test_of_waiting_jobs_of_a_lane_and_name_the_latest_wins(single):
    block = single.submit(Job("sleep", {"seconds": 0.3}), lane="x")
    old = [single.submit(Job("echo", {"n": n}), lane="a") for n in range(3)]
    other_name, other_lane = single.submit(Job("clock"), lane="a"), single.submit(Job("echo"), lane="b")
    newest = single.submit(Job("echo", {"n": 3}), lane="a")
    for future in old:
        assert future.done()
        assert isinstance(problem_of(future), Superseded)
    assert newest.result(ENOUGH).meta["args"] == {"n": 3}
    for future in (block, other_name, other_lane):
        future.result(ENOUGH)


def test_a_running_superseded_job_is_killed_if_it_is_slow(shared):
    old = shared.submit(Job("spin"), lane="visitor")
    pid = pid_of(old)
    newer = shared.submit(Job("spin", {"newer": True}), lane="visitor")
    assert isinstance(problem_of(old), Superseded)
    assert pid_of(newer) != pid  # it does not wait for the old one's end
    assert until(lambda: not alive(pid))  # by itself it never ends
    newer.cancel()
    assert isinstance(problem_of(newer), Cancelled)


def test_a_job_that_two_wait_for_goes_on_when_one_has_left(shared):
    first = shared.submit(Job("spin"), lane="visitor")
    pid = pid_of(first)
    second = shared.submit(Job("spin"), lane="visitor")
    first.cancel()
    time.sleep(0.5)
    assert not second.done() and pid_of(second) == pid and alive(pid)
    second.cancel()
    assert isinstance(problem_of(second), Cancelled)
    assert until(lambda: not alive(pid))


def test_a_job_that_was_left_is_there_for_who_asks_again(shared):
    first = shared.submit(Job("spin"), lane="visitor")
    pid = pid_of(first)
    first.leave()
    second = shared.submit(Job("spin"), lane="visitor")
    assert not second.done() and pid_of(second) == pid
    second.cancel()
    assert isinstance(problem_of(second), Cancelled)


def test_a_running_superseded_job_that_ends_soon_keeps_its_worker(shared):
    old = shared.submit(Job("sleep", {"seconds": 0.2}), lane="visitor")
    pid = pid_of(old)
    newer = shared.submit(Job("sleep", {"seconds": 0.0}), lane="visitor")
    assert isinstance(problem_of(old), Superseded)
    newer.result(ENOUGH)
    time.sleep(0.5)
    assert alive(pid) and pid in shared.pids()[1]


def test_lanes_take_turns(single):
    many = [single.submit(Job(f"sleep-{n}", {"seconds": 0.1}), lane="greedy") for n in range(6)]
    echo(single, "modest").result(ENOUGH)
    assert sum(future.done() for future in many) <= 2
    for future in many:
        future.cancel()


def test_slow_jobs_take_nothing_from_a_quick_one(shared):
    slow = [shared.submit(Job("sleep", {"seconds": 30}), lane=f"slow {n}") for n in range(3)]
    for future in slow:
        pid_of(future)
    echo(shared).result(ENOUGH)
    assert not any(future.done() for future in slow)
    for future in slow:
        future.cancel()


def test_one_lane_never_takes_every_worker(shared):
    slow = [shared.submit(Job(f"sleep-{n}", {"seconds": 30}), lane="greedy") for n in range(8)]
    assert until(lambda: sum(bool(future.progress.text) for future in slow) == 3)
    echo(shared).result(5)
    for future in slow:
        future.cancel()


@contextlib.contextmanager
def after_three_slow_jobs(seconds: float) -> Iterator[Engine]:
    """An engine for one job at a time that has made extra workers."""
    engine = make(1, 3)
    try:
        slow = [engine.submit(Job("sleep", {"seconds": seconds}), lane=str(n)) for n in range(3)]
        for future in slow:
            future.result(ENOUGH)
        yield engine
    finally:
        engine.close()


def test_extra_workers_leave_when_they_are_idle(monkeypatch):
    with after_three_slow_jobs(0.5) as engine:
        assert len(engine.pids()[1]) >= 3
        monkeypatch.setattr(scheduler, "IDLE", 0.1)
        echo(engine).result(ENOUGH)
        assert until(lambda: len(engine.pids()[1]) == 2)  # one, and the spare
        echo(engine).result(ENOUGH)


@pytest.mark.skipif(sys.platform != "linux", reason="memory of other processes")
def test_of_several_idle_extra_workers_the_one_with_the_most_memory_leaves(monkeypatch):
    with after_three_slow_jobs(2) as engine:
        assert until(lambda: len(engine.pids()[1]) == 4)
        sizes = dict(zip(engine.pids()[1], (3, 1, 4, 2), strict=True))
        monkeypatch.setattr(worker_handle, "own_memory", lambda pid: sizes.get(pid, 0))
        left = sorted(sizes, key=sizes.__getitem__)[:2]
        time.sleep(0.2)
        monkeypatch.setattr(scheduler, "IDLE", 0.1)  # all four have been idle for longer
        engine.scheduler._supervisor.ring()
        assert until(lambda: len(engine.pids()[1]) == 2)
        assert set(engine.pids()[1]) == set(left)


@pytest.mark.skipif(sys.platform != "linux", reason="memory of other processes")
def test_an_idle_worker_that_keeps_much_memory_is_replaced_and_the_others_stay(single, monkeypatch):
    assert until(lambda: len(single.pids()[1]) == 2)
    large = single.submit(Job("keep", {"bytes": 2 * scheduler.GROWN}), lane="a").result(ENOUGH).meta["pid"]
    (other,) = set(single.pids()[1]) - {large}
    time.sleep(0.2)
    assert large in single.pids()[1]  # it is the warmest
    monkeypatch.setattr(scheduler, "IDLE", 0.1)
    single.scheduler._supervisor.ring()
    assert until(lambda: len(single.pids()[1]) == 2 and large not in single.pids()[1])
    assert other in single.pids()[1]
    echo(single).result(ENOUGH)


# -- accidents


def test_a_killed_worker_costs_its_job_one_sentence_and_nobody_else_anything(shared, monkeypatch):
    future, other = (shared.submit(Job("sleep", {"seconds": 0.6}), lane=lane) for lane in ("a", "b"))
    dead, _ = pid_of(future), pid_of(other)
    assert until(lambda: len(shared.pids()[1]) >= 3)
    monkeypatch.setattr(shared.scheduler._supervisor, "fork", lambda: None)  # the spare one must do
    os.kill(dead, signal.SIGKILL)
    problem = problem_of(future)
    assert str(problem) == "The calculation stopped in the middle: its process died."
    assert (problem.where, problem.detail) == ("engine", "exit code -9")
    echo(shared, "a").result(ENOUGH)
    monkeypatch.undo()
    other.result(ENOUGH)
    assert until(lambda: len(shared.pids()[1]) >= 3)


def test_an_idle_worker_that_is_killed_costs_nobody_anything(single):
    for _ in range(5):
        os.kill(echo(single).result(ENOUGH).meta["pid"], signal.SIGKILL)
        echo(single).result(ENOUGH)  # submitted before anybody knows; it may have been sent to the dead


def test_an_idle_worker_that_is_stopped_costs_a_moment(single):
    """Not the deadline of the job that it is given: the worker used last is the first to be given one."""
    workers = single.scheduler._supervisor.workers
    assert until(lambda: sum(worker.ready for worker in list(workers.values())) == 2)  # the spare one is no newer
    stopped = echo(single).result(ENOUGH).meta["pid"]
    os.kill(stopped, signal.SIGSTOP)
    future = single.submit(Job("echo", {"n": "again"}), lane="a", deadline=200 * scheduler.TAKE_UP)
    assert future.result(100 * scheduler.TAKE_UP).meta["pid"] != stopped
    assert until(lambda: not alive(stopped))


@pytest.mark.parametrize("then", ["spin", "exit"])
def test_a_job_that_is_cut_short_has_the_answer_that_it_told_until_then(shared, then):
    future = shared.submit(Job("part", {"then": then}), lane="a", deadline=1)
    assert future.result(ENOUGH).meta == {"part": 2}


def test_a_part_of_an_answer_is_told_while_the_job_runs(shared):
    future = shared.submit(Job("part", {"then": "spin", "n": 2}), lane="a", deadline=ENOUGH)
    until = time.monotonic() + ENOUGH
    while future.progress.fraction == 0 and time.monotonic() < until:
        time.sleep(0.01)
    assert future.so_far is not None and future.so_far.meta == {"part": 2} and not future.done()
    future.cancel()
    assert shared.submit(Job("echo", {"n": 3}), lane="a").so_far is None


def test_a_part_of_an_answer_is_kept_for_nobody_else(shared):
    shared.submit(Job("part", {"then": "spin", "n": 1}), lane="a", deadline=0.5).result(ENOUGH)
    again = shared.submit(Job("part", {"then": "spin", "n": 1}), lane="b", deadline=0.5)
    assert not again.done() and again.result(ENOUGH).meta == {"part": 2}
    assert shared.submit(Job("part", {"then": "end"}), lane="a").result(ENOUGH).meta == {"part": 3}


def test_a_job_past_its_deadline_is_stopped(shared):
    started = time.monotonic()
    future = shared.submit(Job("spin"), lane="a", deadline=0.3)
    pid = pid_of(future)
    assert str(problem_of(future)) == "The calculation took longer than 0.3 s and was stopped."
    assert time.monotonic() - started > 0.25
    assert until(lambda: not alive(pid))
    echo(shared, "a").result(ENOUGH)


@pytest.mark.parametrize(
    ("name", "args", "detail"), [("exit", {"code": 3}, "exit code 3"), ("close", {}, "exit code -9")]
)
def test_a_job_that_ends_its_process_or_closes_its_channel(shared, name, args, detail):
    problem = problem_of(shared.submit(Job(name, args), lane="a"))
    assert str(problem) == "The calculation stopped in the middle: its process died."
    assert problem.detail == detail
    echo(shared, "a").result(ENOUGH)


def test_memory_without_end_is_a_problem_and_the_worker_is_replaced(shared):
    problem = problem_of(shared.submit(Job("hoard"), lane="a"))
    assert str(problem) == "The calculation needs more memory than it may use.", problem.detail
    echo(shared, "a").result(ENOUGH)
    assert until(lambda: len(shared.pids()[1]) >= 3)


def test_the_last_words_of_a_worker_that_leaves_are_never_lost(shared):
    """Its end is reported on another wire than its answer, and may be heard first."""
    for n in range(25):
        problem = problem_of(shared.submit(Job("short_of_memory", {"n": n}), lane="a"))
        assert str(problem) == "The calculation needs more memory than it may use.", problem.detail


@pytest.mark.parametrize("name", ["blunder", "leave", "unsayable", "unheard_of"])
def test_any_other_failure_is_a_problem_and_the_worker_goes_on(single, name):
    error = {"blunder": "ZeroDivisionError", "leave": "SystemExit", "unsayable": "TypeError"}.get(name, "KeyError")
    pid = echo(single).result(ENOUGH).meta["pid"]
    problem = problem_of(single.submit(Job(name), lane="a"))
    assert str(problem) == f"The calculation failed: {error}"
    assert error in problem.detail and "\x1b" not in problem.detail
    assert echo(single).result(ENOUGH).meta and pid in single.pids()[1]


def test_a_problem_of_the_job_arrives_whole(shared):
    problem = problem_of(shared.submit(Job("refuse"), lane="a"))
    assert (str(problem), problem.expected, problem.received) == ("Too many units.", "4", "5")
    assert (problem.where, problem.detail) == ("params.units", "why")
    assert str(problem.repairs[0].label) == "Use 4 units" and problem.repairs[0].change == {"params": {"units": 4}}


def test_what_a_job_prints_does_not_disturb_the_channel(shared):
    assert shared.submit(Job("shout"), lane="a").result(ENOUGH).meta["pid"] in shared.pids()[1]


def test_cancelled_jobs_end_at_once_waiting_or_running(single):
    running, waiting = single.submit(Job("spin"), lane="a"), single.submit(Job("echo"), lane="b")
    pid = pid_of(running)
    for future in (waiting, running):
        future.cancel()
        assert future.done() and isinstance(problem_of(future), Cancelled)
    assert until(lambda: not alive(pid))
    echo(single).result(ENOUGH)


def test_a_job_too_large_to_send_is_refused_where_it_is_submitted(shared, monkeypatch):
    monkeypatch.setattr("explorer.engine.transport.wire.MAX_BODY", 100)
    with pytest.raises(Problem, match="too large"):
        shared.submit(Job("echo", {}, {"x": np.zeros(100)}), lane="a")


# -- the template


def test_a_template_that_dies_is_replaced_and_its_jobs_are_done_again_once():
    engine = make()
    try:
        running = engine.submit(Job("spin"), lane="a")
        first = pid_of(running)
        template, _ = engine.pids()
        os.kill(template, signal.SIGKILL)
        waiting = echo(engine)  # sent to a worker that dies with it, or to nobody: both are known to no one yet
        assert waiting.result(ENOUGH).meta["args"]
        assert until(lambda: engine.ready and engine.pids()[0] not in (None, template))
        assert until(lambda: not alive(first))  # it span, and no channel would have told it
        assert until(lambda: running.progress.text not in ("", str(first))), "the running job was not begun again"
        os.kill(engine.pids()[0], signal.SIGKILL)
        assert str(problem_of(running)) == "The calculation stopped in the middle: its process died."
    finally:
        engine.close()


def test_jobs_submitted_as_the_template_dies_are_answered():
    engine = make()
    try:
        assert engine.wait_until_ready(ENOUGH)
        for _ in range(3):
            futures = [echo(engine, f"before {n}") for n in range(4)]
            while (template := engine.pids()[0]) is None:  # the last one may end after all jobs have been answered
                time.sleep(0.005)
            with contextlib.suppress(ProcessLookupError):  # or only now
                os.kill(template, signal.SIGKILL)
            futures += [echo(engine, f"after {n}") for n in range(4)]
            assert all(future.result(ENOUGH).meta["pid"] for future in futures)
    finally:
        engine.close()


def test_a_job_is_answered_though_all_workers_are_lost_at_once():
    engine = make()
    try:
        assert engine.wait_until_ready(ENOUGH)
        for _ in range(8):
            assert until(lambda: sum(worker.ready for worker in engine.scheduler._living()) == 3)
            assert echo(engine).result(ENOUGH)
            for pid in engine.pids()[1]:
                os.kill(pid, signal.SIGKILL)
            assert echo(engine).result(ENOUGH).meta["pid"]
    finally:
        engine.close()


def test_a_worker_that_is_warm_goes_before_one_that_was_born_since():
    engine = make(1, 1)
    try:
        assert engine.wait_until_ready(ENOUGH)
        assert until(lambda: len(engine.pids()[1]) == 2)
        warm = echo(engine).result(ENOUGH).meta["pid"]
        for pid in set(engine.pids()[1]) - {warm}:
            os.kill(pid, signal.SIGKILL)
        assert until(lambda: sum(worker.ready for worker in engine.scheduler._living()) == 2)
        assert until(lambda: all(map(alive, engine.pids()[1])) and len(engine.pids()[1]) == 2)
        time.sleep(0.5)
        assert echo(engine).result(ENOUGH).meta["pid"] == warm
    finally:
        engine.close()


def test_a_template_that_is_killed_as_it_starts_is_started_again():
    engine = make()
    try:
        ticket = echo(engine)
        assert until(lambda: engine.pids()[0])
        os.kill(engine.pids()[0], signal.SIGKILL)
        assert ticket.result(ENOUGH).meta["pid"]
    finally:
        engine.close()


def test_a_template_that_does_not_answer_is_replaced(monkeypatch):
    monkeypatch.setattr(scheduler, "ORDER_LIMIT", 0.3)
    engine = make(1, 1)
    try:
        assert engine.wait_until_ready(ENOUGH)
        template, workers = engine.pids()
        os.kill(template, signal.SIGSTOP)
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        assert echo(engine).result(ENOUGH).meta["pid"] not in workers
        assert engine.pids()[0] != template and not alive(template)
    finally:
        engine.close()


def test_a_job_waits_for_an_engine_that_is_starting_and_not_for_ever(monkeypatch):
    engine = make()
    try:
        assert engine.state == "starting" and not engine.ready
        assert echo(engine).result(ENOUGH).meta["args"]
        assert engine.state == "ready"
    finally:
        engine.close()
    monkeypatch.setattr(scheduler, "START_LIMIT", 0.2)
    slow = Engine(1, 1, FAKE, preload=("numpy", "keras"))
    try:
        assert "did not start" in str(problem_of(slow.submit(Job("echo"), lane="a")))
    finally:
        slow.close()


@pytest.mark.parametrize("jobs", ["no_such_module", "json"])
def test_an_engine_that_cannot_start_says_why(jobs):
    engine = Engine(1, 1, jobs, preload=("numpy",))
    try:
        problem = problem_of(engine.submit(Job("echo"), lane="a"))
        assert str(problem) == "The engine cannot start."
        why = {"no_such_module": "ModuleNotFoundError", "json": "AttributeError"}[jobs]
        assert why in problem.detail and engine.state.startswith(f"failed: {why}")
        assert str(problem_of(engine.submit(Job("echo"), lane="a"))) == "The engine cannot start."
    finally:
        engine.close()


def test_a_template_that_cannot_run_at_all_says_why(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    engine = make()
    try:
        assert until(lambda: engine.state.startswith("failed: the process that imports TensorFlow ended: exit code 1"))
    finally:
        engine.close()


def test_an_engine_whose_process_could_not_be_made_tries_again(monkeypatch):
    def refuse(*args: object, **more: object) -> None:
        monkeypatch.undo()
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    engine = make()
    try:
        assert until(lambda: engine.state == "failed: BlockingIOError: no more processes")
        assert engine.wait_until_ready(ENOUGH)
        echo(engine).result(ENOUGH)
    finally:
        engine.close()


def test_the_template_outlives_the_thread_that_started_the_engine():
    engine = Engine(1, 1, FAKE, preload=("numpy",))
    starter = threading.Thread(target=engine.start)
    starter.start()
    starter.join()
    try:
        assert engine.wait_until_ready(ENOUGH)
        template, _ = engine.pids()
        time.sleep(0.1)
        echo(engine).result(ENOUGH)
        assert engine.pids()[0] == template
    finally:
        engine.close()


def test_closing_ends_every_process_and_every_job():
    engine = make()
    running = engine.submit(Job("spin"), lane="a")
    pid_of(running)
    template, workers = engine.pids()
    engine.close()
    assert str(problem_of(running)) == "The engine is closed."
    assert str(problem_of(engine.submit(Job("echo"), lane="a"))) == "The engine is closed."
    assert until(lambda: not any(map(alive, (template, *workers))))


def test_a_worker_gets_the_engines_environment_and_descriptors_only(shared, monkeypatch):
    monkeypatch.setenv("A_SECRET", "hunter2")
    engine = make(1, 1)
    try:
        facts = engine.submit(Job("facts"), lane="a").result(ENOUGH).meta
    finally:
        engine.close()
    assert "A_SECRET" not in facts["environment"]
    assert facts["environment"]["PYTHONHASHSEED"] == "0"
    assert set(facts["environment"]) <= set(configuration.environment()) | {"LC_CTYPE", "TMPDIR"}
    assert len(facts["descriptors"]) == 5  # three standard ones, the channel, and the listing itself
    assert "explorer.engine.pool.client" not in facts["modules"]


# -- the client's process


def script(text: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(text)]


def test_the_client_imports_neither_keras_nor_tensorflow_nor_streamlit():
    code = script(
        f"""
        import sys
        from explorer.engine.job import Job
        from explorer.engine.pool.client import Engine
        engine = Engine(1, 1, {FAKE!r}, preload=("numpy",))
        engine.submit(Job("echo"), lane="a").result({ENOUGH})
        engine.close()
        print([name for name in ("keras", "tensorflow", "streamlit", "multiprocessing") if name in sys.modules])
        """
    )
    assert subprocess.check_output(code, cwd=configuration.ROOT, text=True, timeout=120).strip() == "[]"


def test_a_server_that_is_killed_takes_its_processes_with_it(tmp_path):
    code = script(
        f"""
        import time
        from explorer.engine.job import Job
        from explorer.engine.pool.client import Engine
        engine = Engine(1, 2, {FAKE!r}, preload=("numpy",))
        spin = engine.submit(Job("spin"), lane="a")
        while not spin.progress.text:
            time.sleep(0.01)
        template, workers = engine.pids()
        print(template, *workers, flush=True)
        time.sleep(60)
        """
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}  # nobody is left to remove its folder
    with subprocess.Popen(code, cwd=configuration.ROOT, env=environment, text=True, stdout=subprocess.PIPE) as server:
        pids = [int(word) for word in server.stdout.readline().split()]
        assert len(pids) >= 2 and all(map(alive, pids))
        server.kill()
    assert until(lambda: not any(map(alive, pids)))


def test_the_one_engine_survives_that_its_modules_are_imported_anew():
    code = script(
        """
        import sys
        from explorer.engine.pool import client as pool
        first = pool.engine()
        assert pool.engine() is first
        for name in [name for name in sys.modules if name.startswith("explorer")]:
            del sys.modules[name]
        from explorer.engine.pool import client as again
        from explorer.model.problem import Problem
        from explorer.engine.job import Job
        second = again.engine()
        assert again is not pool and isinstance(second, again.Engine) and second.scheduler is first.scheduler
        future = second.submit(Job("run"), lane="a")
        future.cancel()
        try:
            future.result(1)
        except Problem as problem:
            print(type(problem) is again.Cancelled, problem)
        second.close()
        print(again.engine().scheduler is not first.scheduler)
        again.engine().close()
        """
    )
    printed = subprocess.check_output(code, cwd=configuration.ROOT, text=True, timeout=120)
    assert printed.splitlines() == ["True The calculation was cancelled.", "True"]


def test_modules_of_a_package_are_found():
    importlib.import_module("explorer.engine")
    names = list(configuration.modules(("numpy", "explorer.engine.*")))
    assert names[:2] == ["numpy", "explorer.engine"] and "explorer.engine.processes.worker" in names


def priorities(pid: int) -> set[int]:
    """The priorities of a process's threads."""
    return {os.getpriority(os.PRIO_PROCESS, int(task.name)) for task in Path(f"/proc/{pid}/task").iterdir()}


@pytest.mark.skipif(sys.platform != "linux", reason="priorities of other processes")
def test_a_job_that_computes_gives_way_until_it_ends(shared):
    future = shared.submit(Job("spin", {"seconds": 1}), lane="slow")
    pid = pid_of(future)
    assert until(lambda: priorities(pid) == {5})
    future.result(ENOUGH)
    if may_hurry():  # without the privilege it stays; root of a container may not have it
        assert until(lambda: priorities(pid) == {0})


@pytest.mark.skipif(sys.platform != "linux", reason="priorities of other processes")
def test_a_slow_job_ends_beside_programs_that_take_all_processors(shared):
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        shared.submit(Job("compute", {"seconds": 0.3}), lane="slow").result(ENOUGH)
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="priorities of other processes")
def test_a_job_that_only_waits_does_not_give_way(shared):
    future = shared.submit(Job("sleep", {"seconds": 1}), lane="waiting")
    pid, seen = pid_of(future), set()
    assert until(lambda: priorities(pid) == {0}), "it was warm"
    while not future.done():
        seen |= priorities(pid)
        time.sleep(0.01)
    assert seen == {0}


@pytest.mark.skipif(sys.platform != "linux", reason="groups of the kernel")
def test_workers_share_the_server_s_session(shared):
    assert shared.wait_until_ready(ENOUGH)
    template, workers = shared.pids()
    assert {os.getsid(pid) for pid in (template, *workers)} == {os.getsid(0)}
    assert os.getpgid(template) == template != os.getpgid(0), "Ctrl-C is for the server"
