"""Decides: which task runs when and where, what is stopped, how many workers there are.

One daemon thread does all the waiting; a caller's thread may hand a task to an idle worker directly. Everything that
both touch is guarded by one lock. The rules:

- `workers` tasks run at once. One that has run for `SLOW` seconds no longer counts, up to `most_workers` in all, so
  slow jobs take no place from quick ones. What has taken `GIVE_WAY` seconds of the processor gives way to the others.
  One lane never takes every worker.
- One more worker than may run is always warm or being forked, so a lost one is replaced at once. Where a worker does
  one job only, so many are as `READY` says.
- A newer task of the same lane and name displaces one that waits, and one that runs is given `GRACE` seconds to end.
- A worker past its task's deadline is killed. A worker that is lost costs the task it had, no other; and not even
  that one if the worker had died before it took the task up, or, once, because its template had: then another does it.
- A worker that does not take up within `TAKE_UP` seconds what it was sent is killed, and another one gets the task.
- A task that is cut short, but has told a partial reply, has that reply.
- A template that ends is started again; while starts keep failing, tasks fail at once and tries become rarer. One that
  does not answer is made to end.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from explorer.engine.memory import shares
from explorer.engine.pool.cache import Cache
from explorer.engine.pool.message_memory import Held
from explorer.engine.pool.queues import Lanes
from explorer.engine.pool.supervisor import Supervisor
from explorer.engine.pool.task import End, Outcome, Task
from explorer.engine.pool.worker_handle import Event, What, WorkerHandle
from explorer.engine.regime import ORDINARY, Regime
from explorer.engine.transport.channel import Kind, progress, texts
from explorer.engine.transport.wire import BadMessage

GIVE_WAY = 0.03
"""Seconds of the processor after which a running job gives way to others. What it waits for it does not count: a quick
job would give way because it had to wait, and wait the longer."""
LOOK = 0.01
"""The fewest seconds between two looks at what a running job has taken."""
SLOW = 0.08
"""Seconds after which a running job is slow, and another worker may take its place."""
TAKE_UP = 1.0
"""Seconds in which an idle worker takes up a task; for each worker that did not, the next one has twice as long."""
GRACE = 0.5
"""Seconds that a job nobody waits for any more may run before its worker is killed."""
IDLE = 30.0
"""Seconds after which an idle extra worker leaves, of several the one with the most memory."""
START_LIMIT = 120.0
"""Seconds that a job waits for an engine that is starting."""
WARM_LIMIT = 60.0
"""Seconds that a forked worker may take to become ready."""
ORDER_LIMIT = 10.0
"""Seconds in which the template must have forked or ended a worker when it was asked to."""
AGAIN = 0.1
"""Seconds after which memory is asked for again for a message that waits for it."""
READY = 2
"""So many workers for code wait beside those that run: a page asks for a run, and at once for its checks."""
MOST_FRAMES = 2000
"""So many frames a worker may send for a job of a visitor's code. A reporter of progress sends 50 in a second."""
GROWN = 8 << 20
"""Bytes that a job may leave behind in its worker. One that keeps more is replaced when it has been idle for `IDLE`."""
MOST_JOBS = 5000
"""Jobs after which a worker is replaced by a fresh one, whatever it may have gathered."""
_HOPELESS = 3
"""So many workers in a row that could not become ready, with none left, and the engine has failed for now."""
_LONGEST_PAUSE = 30.0
_LONGEST_SLEEP = 5.0

_log = logging.getLogger(__name__)


class Scheduler:
    """Keeps the supervisor busy.

    Args:
        workers: how many jobs run at once.
        most_workers: how many may when some of them are slow.
        jobs: the module whose `perform` does the jobs.
        preload: the modules that the template imports.
        growth: how many bytes a worker may take beyond what it starts with; what the machine allows if None.
        regime: how workers are held.
    """

    def __init__(
        self,
        workers: int,
        most_workers: int,
        jobs: str,
        preload: Sequence[str],
        growth: int | None = None,
        regime: Regime = ORDINARY,
    ) -> None:
        if not 1 <= workers <= most_workers:
            raise ValueError(f"Expected 1 <= workers <= most_workers. Received: {workers} and {most_workers}")
        self._workers = workers
        self._most = most_workers
        self._lock = threading.RLock()
        self.regime = regime
        self._lanes = Lanes(regime.visitor)
        self.held = Held(
            min(shares().messages, regime.message), lambda: self._supervisor.ring()
        )  # a worker may be waiting to send another one
        self._cache = Cache()
        self.held.kept_by(self._cache.drop_oldest)
        self._supervisor = Supervisor(jobs, preload, growth or shares().worker, self.held, regime)
        self._thread: threading.Thread | None = None
        self._up = False
        self._failed = ""
        self._setbacks = 0
        self._not_before = 0.0
        self._template_since = 0.0
        self._threads_after_import = 0
        self._threads_now = 0
        self._counted = threading.Event()
        self._became_ready = threading.Event()
        self._missing_walls: tuple[str, ...] | None = None
        self.closed = False

    # -- from any thread

    def start(self) -> None:
        """Start the thread that does everything else. Returns at once; a second call does nothing."""
        with self._lock:
            if self._thread is None and not self.closed:
                self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
                self._thread.start()

    @property
    def state(self) -> str:
        """ "starting", "ready" or "failed: why"."""
        if self._failed:
            return f"failed: {self._failed}"
        return "ready" if self._became_ready.is_set() else "starting"

    def wait_until_ready(self, timeout: float | None) -> bool:
        """Whether the first worker is warm within `timeout` seconds."""
        return self._became_ready.wait(timeout)

    def submit(self, task: Task) -> Task:
        """Take a task on. It ends at once if its reply is known.

        Returns:
            The task to wait for: the given one, or its equal that the lane is waiting for already.
        """
        self.start()
        with self._lock:
            if equal := self._supersede(task):
                equal.waiting += 1
                return equal
            if self.closed or self._failed:
                task.end(Outcome(End.CLOSED if self.closed else End.FAILED, detail=self._failed))
            elif self._answer_from_cache(task):
                pass
            elif self._is_full_for(task.lane):
                task.end(Outcome(End.BUSY))
            else:
                self._lanes.add(task)
                self._dispatch()
                self._supervisor.ring()
        return task

    def leave(self, task: Task) -> None:
        """One of those who wait for this task does so no more. It goes on, for whoever asks for it again."""
        with self._lock:
            task.waiting -= 1

    def cancel(self, task: Task) -> None:
        """One of those who wait for this task does so no more. It is given up, unless another one still waits."""
        with self._lock:
            task.waiting -= 1
            if task.waiting > 0:
                return
            self._lanes.remove(task)
            task.end(Outcome(End.CANCELLED))
            if not self.closed:
                self._supervisor.ring()

    def pids(self) -> tuple[int | None, tuple[int, ...]]:
        """The template's process id, and those of the workers that are not on their way out."""
        with self._lock:
            template = self._supervisor.template
            living = sorted(worker.pid for worker in self._living() if worker.pid is not None)
            return (template.pid if template else None), tuple(living)

    def threads(self, timeout: float) -> tuple[int, int]:
        """The template's number of threads now, and right after it imported the frameworks.

        Raises:
            TimeoutError: if it does not answer; while it imports it does not.
        """
        with self._lock:
            self._counted.clear()
            if self._up:
                self._supervisor.count_threads()
        if not self._counted.wait(timeout):
            raise TimeoutError(
                f"The template did not count its threads within {timeout} s. The engine's state: {self.state}"
            )
        return self._threads_now, self._threads_after_import

    def close(self) -> None:
        """End the template, the workers and every task."""
        with self._lock:
            if self.closed:
                return
            self.closed = True
            self._end_all(Outcome(End.CLOSED))
            self._supervisor.ring()
        if self._thread is None:
            self._supervisor.close()
        elif self._thread is not threading.current_thread():
            self._thread.join(5)

    # -- the engine's thread

    def _run(self) -> None:
        try:
            while True:
                with self._lock:
                    if self.closed:
                        break
                    now = time.monotonic()
                    self._tick(now)
                    self._supervisor.watch()
                    pause = self._pause(now)
                keys = self._supervisor.wait(pause)
                with self._lock:
                    for event in self._supervisor.events(keys):
                        self._on(event)
                        del event  # it would keep its message until the next one comes
        except Exception as error:  # a defect here must not leave anybody waiting for ever
            _log.exception("the engine's thread ended")
            with self._lock:
                self._fail(f"{type(error).__name__}: {error}")
                self.closed = True
        finally:
            with self._lock:
                self._end_all(Outcome(End.CLOSED))
                self._supervisor.close()

    def _on(self, event: Event) -> None:
        if event.what is What.UP:
            self._up, self._threads_after_import = True, event.number
            self._supervisor.count_threads()  # for those who asked while it could not answer
        elif event.what is What.THREADS:
            self._threads_now = event.number
            self._counted.set()
        elif event.what is What.TEMPLATE_FAILED:
            self._fail(event.text)
        elif event.what is What.TEMPLATE_GONE:
            was_up, self._up = self._up, False
            self._became_ready.clear()
            self._set_back()
            if not was_up and (self._failed or self._setbacks >= _HOPELESS):  # once may be an accident of the machine
                self._fail(self._failed or f"the process that imports TensorFlow ended: {event.text}")
        elif event.what is What.WORKER_GONE and event.worker is not None:
            self._lost(event.worker, event.text)
        elif event.what is What.FRAME and event.worker is not None:
            self._heard(event.worker, event.kind, event.payload)

    def _heard(self, worker: WorkerHandle, kind: Kind | None, payload: memoryview) -> None:
        task = worker.task
        if not self._may_say(worker, kind, len(payload)):
            self._supervisor.drop(worker)
        elif kind is Kind.READY:
            worker.ready, worker.since, self._failed = True, time.monotonic(), ""
            worker.newborn = worker.own_memory()
            self._supervisor.set_slow(worker, False)
            self._became_ready.set()
            self._tell_walls(texts(payload))
        elif kind is Kind.UNREADY:
            self._not_born(worker, bytes(payload).decode("utf-8", "replace"))
        elif kind is Kind.BEGUN and task is not None:
            task.begun = True
        elif kind is Kind.CHANGED and task is not None:
            worker.jobs, task.lasting = MOST_JOBS, False  # its last one
            _log.error(
                "the job %s changed what the next would find, so its worker is replaced: %s",
                task.name,
                ", ".join(texts(payload)),
            )
        elif kind is Kind.PARTIAL and task is not None:
            task.partial = payload
        elif kind is Kind.PROGRESS and task is not None:
            try:
                task.progress = progress(payload)
            except BadMessage:
                self._supervisor.drop(worker)
        elif task is not None and kind in (Kind.REPLY, Kind.PROBLEM, Kind.LAST_PROBLEM):
            worker.task, worker.since, worker.jobs, self._setbacks = None, time.monotonic(), worker.jobs + 1, 0
            self._supervisor.set_slow(worker, False)
            if kind is Kind.REPLY and task.lasting:
                self._cache.put(task.key, payload)
            task.end(Outcome(End.REPLY if kind is Kind.REPLY else End.PROBLEM, payload))
            if self.regime.single_use:
                self._supervisor.end(worker)
            elif kind is Kind.LAST_PROBLEM or worker.jobs >= MOST_JOBS:
                self._supervisor.end(worker, kill=False)
            self._dispatch()

    def _may_say(self, worker: WorkerHandle, kind: Kind | None, size: int) -> bool:
        """Whether a frame comes when one of its kind may. What a visitor's code sends is bounded in number and size."""
        task = worker.task
        if kind in (Kind.READY, Kind.UNREADY):
            return not worker.ready
        if task is None or kind is Kind.JOB:
            return False
        worker.received, worker.sent = worker.received + 1, worker.sent + size
        if self.regime.single_use and (worker.received > MOST_FRAMES or worker.sent > 2 * self.regime.message):
            return False
        return task.begun != (kind is Kind.BEGUN) and not (self.regime.single_use and kind is Kind.CHANGED)

    def _tell_walls(self, missing_walls: tuple[str, ...]) -> None:
        """Write what is missing around the workers into the log, once and when it changes."""
        if missing_walls != self._missing_walls:
            self._missing_walls = missing_walls
            level = logging.WARNING if missing_walls else logging.INFO
            _log.log(level, "workers run without: %s", "; ".join(missing_walls) or "nothing, all walls stand")

    def _lost(self, worker: WorkerHandle, why: str) -> None:
        task, worker.task = worker.task, None
        if task is not None:
            if not task.begun:
                task.untouched += 1
                again = task.untouched <= self._most + 1  # all workers may have been lost together
            else:  # if the template took the worker along: it takes all along
                again = not self._up and task.lost in (None, self._template_since)
                task.lost = self._template_since
            if again and task.outcome is None:
                self._put_back(task)
            else:
                task.end(Outcome(End.DIED, detail=why))
        if not worker.ready and not worker.doomed and self._up:
            self._not_born(worker, f"a worker ended before it was ready: {why}")

    def _not_born(self, worker: WorkerHandle, why: str) -> None:
        """A worker could not become ready. Others may still serve; without any, the engine has failed for now."""
        self._supervisor.end(worker)
        self._set_back()
        if not any(other.ready for other in self._living()):
            self._became_ready.clear()
            if self._setbacks >= _HOPELESS:
                self._fail(why)

    def _fail(self, why: str) -> None:
        if why != self._failed:
            _log.error("no worker can be had: %s", why)
        self._failed = why
        for task in list(self._lanes):
            self._lanes.remove(task)
            task.end(Outcome(End.FAILED, detail=why))

    def _set_back(self) -> None:
        """The first loss is made good at once, the next ones without a job done in between after ever longer pauses."""
        self._setbacks += 1
        if self._setbacks > 1:
            self._not_before = time.monotonic() + min(_LONGEST_PAUSE, 0.25 * 2**self._setbacks)

    # -- what is due

    def _tick(self, now: float) -> None:
        self._stop_overdue(now)
        self._cache.drop_old(now)
        for worker in self._running_for(GIVE_WAY, now):
            if not worker.slow and worker.computed() >= GIVE_WAY:
                self._supervisor.set_slow(worker, True)
        if self._supervisor.template is None and now >= self._not_before:
            try:
                self._supervisor.start_template()
                self._template_since = now
            except (OSError, ValueError, TypeError, AttributeError) as error:  # no such program, no fork on this system
                self._fail(f"{type(error).__name__}: {error}")
                self._setbacks = max(1, self._setbacks)  # nothing will report that it ended: a pause, then again
                self._set_back()
        if self._up:
            self._dispatch()
            self._keep_staff(now)
        else:
            for task in [one for one in self._lanes if now >= one.submitted + START_LIMIT]:
                self._lanes.remove(task)
                task.end(Outcome(End.UNSTARTED))
            if now >= self._template_since + START_LIMIT:
                self._supervisor.end_template()

    def _stop_overdue(self, now: float) -> None:
        for worker in list(self._supervisor.workers.values()):
            task = worker.task
            if task is not None and now >= self._ends_at(task):
                task.end(Outcome(End.LATE if worker.assembler.has_memory() else End.CROWDED))
                worker.task = None
                self._supervisor.end(worker)
            elif task is not None and not task.begun and now >= self._taken_up_by(worker, task):
                self._pass_over(worker, task)
            elif self._up and self._unanswered(worker) and now >= worker.asked + ORDER_LIMIT:
                if worker.killed or worker.pid is None:
                    self._supervisor.end_template()
                else:  # it was let go, and does not leave
                    self._supervisor.end(worker)
            elif worker.living and not worker.ready and now >= worker.since + WARM_LIMIT:
                self._not_born(worker, f"a worker was not ready within {WARM_LIMIT:.0f} s")

    def _pass_over(self, worker: WorkerHandle, task: Task) -> None:
        """A worker does not take up what it was sent: stopped, perhaps. Another one gets it."""
        worker.task = None
        self._supervisor.end(worker)
        task.passed += 1
        if task.outcome is None:
            self._put_back(task)

    def _keep_staff(self, now: float) -> None:
        living = self._living()
        busy = sum(worker.task is not None for worker in living)
        wanted = busy + READY if self.regime.single_use else self._capacity(now) + 1
        if now >= self._not_before:
            for _ in range(wanted - len(living)):
                self._supervisor.fork()
        idle = [worker for worker in living if worker.ready and worker.task is None and now >= worker.since + IDLE]
        idle.sort(key=WorkerHandle.own_memory, reverse=True)
        leaving = idle[: max(0, len(living) - wanted)]
        if not leaving and all(worker.ready for worker in living):  # one by one, so that others stand by
            leaving = [worker for worker in idle if worker.own_memory() > worker.newborn + GROWN][:1]
        for worker in leaving:
            self._supervisor.end(worker, kill=False)

    def _dispatch(self) -> None:
        now = time.monotonic()
        while len(self._lanes):
            running = [worker.task for worker in self._living() if worker.task is not None]
            idle = [worker for worker in self._living() if worker.ready and worker.task is None]
            if not idle or len(running) >= self._capacity(now):
                return
            most_of_one_lane = max(1, self._most - 1)
            busy = Counter(self.regime.visitor(one.lane) for one in running)
            at_once = 1 if self.regime.single_use else most_of_one_lane
            task = self._lanes.next(busy, at_once, self._leaves_room(busy, most_of_one_lane))
            if task is None:
                return
            if not self._answer_from_cache(task):  # an equal task may have ended while this one waited
                # The one used last is the warmest, and one that was not used yet the coldest; the others may leave.
                worker = max(idle, key=lambda one: (one.jobs > 0, one.since))
                worker.task, task.started = task, now
                worker.send(task.message)

    def _leaves_room(self, busy: Mapping[str, int], most: int) -> Callable[[str], bool]:
        """Whether a visitor's address has fewer jobs running than one address may."""
        of_addresses: Counter[str] = Counter()
        for visitor, count in busy.items():
            of_addresses[self.regime.address(visitor)] += count
        return lambda visitor: of_addresses[self.regime.address(visitor)] < most

    def _capacity(self, now: float) -> int:
        return min(self._most, self._workers + len(self._running_for(SLOW, now)))

    def _running_for(self, seconds: float, now: float) -> list[WorkerHandle]:
        """The workers whose jobs have run for so long."""
        running = [(worker, worker.task.started) for worker in self._living() if worker.task is not None]
        return [worker for worker, started in running if now >= (started or now) + seconds]

    def _pause(self, now: float) -> float:
        """Seconds until something is due."""
        due = []
        for worker in self._living():
            if worker.task is not None:
                due.append(self._ends_at(worker.task))
                due.append((worker.task.started or now) + SLOW)
                if not worker.slow:
                    due.append(now + max(LOOK, GIVE_WAY - worker.computed()))
                if not worker.task.begun:
                    due.append(self._taken_up_by(worker, worker.task))
            elif not worker.ready:
                due.append(worker.since + WARM_LIMIT)
            else:
                due.append(worker.since + IDLE)
        due += [worker.asked + ORDER_LIMIT for worker in self._supervisor.workers.values() if self._unanswered(worker)]
        due.append(self._not_before)
        if self._supervisor.short_of_memory:
            due.append(now + AGAIN)
        if not self._up:
            due += [task.submitted + START_LIMIT for task in self._lanes]
        coming = [moment for moment in due if moment > now]  # what was due has been done, or waits for an event
        return min(_LONGEST_SLEEP, max(0.0, min(coming, default=now + _LONGEST_SLEEP) - time.monotonic()))

    # -- small parts

    def _living(self) -> list[WorkerHandle]:
        return [worker for worker in self._supervisor.workers.values() if worker.living]

    def _ends_at(self, task: Task) -> float:
        started = task.started or task.submitted
        most = min(task.deadline, self.regime.seconds or task.deadline)
        if task.outcome is not None:  # superseded or cancelled while it runs
            most = 0.0 if self.regime.single_use else min(GRACE, most)
        return started + most

    def _unanswered(self, worker: WorkerHandle) -> bool:
        """Whether the template still has to report its birth or its end."""
        return worker.pid is None or not worker.living

    def _taken_up_by(self, worker: WorkerHandle, task: Task) -> float:
        return worker.moved + TAKE_UP * 2.0**task.passed

    def _put_back(self, task: Task) -> None:
        task.begin_anew()
        self._lanes.put_back(task)

    def _supersede(self, newer: Task) -> Task | None:
        """End the older tasks of the same lane and name, unless one is the same task again: then that one."""
        known = [*self._lanes, *(worker.task for worker in self._living() if worker.task is not None)]
        older = [one for one in known if (one.lane, one.name) == (newer.lane, newer.name) and one.outcome is None]
        equal = next((one for one in older if one.key == newer.key), None)
        for task in older:
            if task is not equal:
                self._lanes.remove(task)
                task.end(Outcome(End.SUPERSEDED))
        return equal

    def _is_full_for(self, lane: str) -> bool:
        """Whether too many wait for one more of this lane."""
        regime, visitor = self.regime, self.regime.visitor(lane)
        address = regime.address(visitor)
        if regime.waiting is None:
            return False
        return (
            len(self._lanes) >= regime.waiting
            or self._lanes.waiting(lambda other: regime.address(other) == address) >= max(1, regime.waiting // 2)
            or self._lanes.waiting(visitor.__eq__) >= (regime.waiting_of_one or regime.waiting)
        )

    def _answer_from_cache(self, task: Task) -> bool:
        reply = self._cache.get(task.key)
        if reply is not None:
            task.end(Outcome(End.REPLY, reply))
        return reply is not None

    def _end_all(self, outcome: Outcome) -> None:
        for worker in self._supervisor.workers.values():
            if worker.task is not None:
                worker.task.end(outcome)
        for task in list(self._lanes):
            self._lanes.remove(task)
            task.end(outcome)
