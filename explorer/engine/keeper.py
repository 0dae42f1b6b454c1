"""Decides: which errand runs when and where, what is stopped, how many workers there are.

One daemon thread does all the waiting; a caller's thread may hand an errand to an idle worker directly. Everything that
both touch is guarded by one lock. The rules:

- `workers` errands run at once. One that has run for `SLOW` seconds no longer counts, up to `most_workers` in all, so
  slow jobs take nothing from quick ones; they also give way to them, from `GIVE_WAY` seconds on. One lane never takes
  every worker.
- One more worker than may run is always warm or being forked, so a lost one is replaced at once.
- A newer errand of the same lane and name displaces one that waits, and one that runs is given `GRACE` seconds to end.
- A worker past its errand's deadline is killed. A worker that is lost costs the errand it had, no other; and not even
  that one if the worker had died before it took the errand up, or because its mother had: then another does it, once.
- A worker that does not take up within `TAKE_UP` seconds what it was sent is killed, and another one gets the errand.
- An errand that is cut short, but has told a partial reply, has that reply.
- A mother that ends is started again; while starts keep failing, errands fail at once and tries become rarer. One that
  does not answer is made to end.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Sequence

from explorer.engine.cache import Cache
from explorer.engine.crew import Crew
from explorer.engine.errand import End, Errand, Outcome
from explorer.engine.frames import Kind, progress, texts
from explorer.engine.hand import Event, Hand, What
from explorer.engine.held import Held
from explorer.engine.lanes import Lanes
from explorer.engine.memory import shares
from explorer.engine.wire import BadMessage

GIVE_WAY = 0.05
"""Seconds after which a running job gives way to others for the processor."""
SLOW = 0.15
"""Seconds after which a running job is slow, and another worker may take its place."""
TAKE_UP = 1.0
"""Seconds in which an idle worker takes up an errand; for each worker that did not, the next one has twice as long."""
GRACE = 0.5
"""Seconds that a job nobody waits for any more may run before its worker is killed."""
IDLE = 30.0
"""Seconds after which an idle extra worker leaves."""
START_LIMIT = 120.0
"""Seconds that a job waits for an engine that is starting."""
WARM_LIMIT = 60.0
"""Seconds that a forked worker may take to become ready."""
ORDER_LIMIT = 10.0
"""Seconds in which the mother must have forked or ended a worker when she was asked to."""
AGAIN = 0.1
"""Seconds after which memory is asked for again for a message that waits for it."""
MOST_JOBS = 5000
"""Jobs after which a worker is replaced by a fresh one, whatever it may have gathered."""
_HOPELESS = 3
"""So many workers in a row that could not become ready, with none left, and the engine has failed for now."""
_LONGEST_PAUSE = 30.0
_LONGEST_SLEEP = 5.0

_log = logging.getLogger(__name__)


class Keeper:
    """Keeps the crew busy.

    Args:
        workers: how many jobs run at once.
        most_workers: how many may when some of them are slow.
        jobs: the module whose `perform` does the jobs.
        preload: the modules that the mother imports.
        growth: how many bytes a worker may take beyond what it starts with; what the machine allows if None.
    """

    def __init__(
        self, workers: int, most_workers: int, jobs: str, preload: Sequence[str], growth: int | None = None
    ) -> None:
        if not 1 <= workers <= most_workers:
            raise ValueError(f"Expected 1 <= workers <= most_workers. Received: {workers} and {most_workers}")
        self._workers = workers
        self._most = most_workers
        self._lock = threading.RLock()
        self._lanes = Lanes()
        self.held = Held(shares().messages, lambda: self._crew.ring())  # a worker may be waiting to send another one
        self._cache = Cache()
        self.held.kept_by(self._cache.drop_oldest)
        self._crew = Crew(jobs, preload, growth or shares().worker, self.held)
        self._thread: threading.Thread | None = None
        self._up = False
        self._failed = ""
        self._setbacks = 0
        self._not_before = 0.0
        self._mother_since = 0.0
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

    def submit(self, errand: Errand) -> Errand:
        """Take an errand on. It ends at once if its reply is known.

        Returns:
            The errand to wait for: the given one, or its equal that the lane is waiting for already.
        """
        self.start()
        with self._lock:
            if equal := self._supersede(errand):
                return equal
            if self.closed or self._failed:
                errand.end(Outcome(End.CLOSED if self.closed else End.FAILED, detail=self._failed))
            elif not self._answer_from_cache(errand):
                self._lanes.add(errand)
                self._dispatch()
                self._crew.ring()
        return errand

    def cancel(self, errand: Errand) -> None:
        """Nobody waits for this errand any more."""
        with self._lock:
            self._lanes.remove(errand)
            errand.end(Outcome(End.CANCELLED))
            if not self.closed:
                self._crew.ring()

    def pids(self) -> tuple[int | None, tuple[int, ...]]:
        """The mother's process id, and those of the workers that are not on their way out."""
        with self._lock:
            mother = self._crew.mother
            living = sorted(hand.pid for hand in self._living() if hand.pid is not None)
            return (mother.pid if mother else None), tuple(living)

    def threads(self, timeout: float) -> tuple[int, int]:
        """The mother's number of threads now, and right after she imported the frameworks.

        Raises:
            TimeoutError: if she does not answer; while she imports she does not.
        """
        with self._lock:
            self._counted.clear()
            if self._up:
                self._crew.count_threads()
        if not self._counted.wait(timeout):
            raise TimeoutError(
                f"The mother did not count her threads within {timeout} s. The engine's state: {self.state}"
            )
        return self._threads_now, self._threads_after_import

    def close(self) -> None:
        """End the mother, the workers and every errand."""
        with self._lock:
            if self.closed:
                return
            self.closed = True
            self._end_all(Outcome(End.CLOSED))
            self._crew.ring()
        if self._thread is None:
            self._crew.close()
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
                    self._crew.watch()
                    pause = self._pause(now)
                keys = self._crew.wait(pause)
                with self._lock:
                    for event in self._crew.events(keys):
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
                self._crew.close()

    def _on(self, event: Event) -> None:
        if event.what is What.UP:
            self._up, self._threads_after_import = True, event.number
            self._crew.count_threads()  # for those who asked while she could not answer
        elif event.what is What.THREADS:
            self._threads_now = event.number
            self._counted.set()
        elif event.what is What.MOTHER_FAILED:
            self._fail(event.text)
        elif event.what is What.MOTHER_GONE:
            if not self._up:
                self._fail(self._failed or f"the process that imports TensorFlow ended: {event.text}")
            self._up = False
            self._became_ready.clear()
            self._set_back()
        elif event.what is What.WORKER_GONE and event.hand is not None:
            self._lost(event.hand, event.text)
        elif event.what is What.FRAME and event.hand is not None:
            self._heard(event.hand, event.kind, event.payload)

    def _heard(self, hand: Hand, kind: Kind | None, payload: memoryview) -> None:
        errand = hand.errand
        if kind is Kind.READY:
            hand.ready, hand.since, self._failed = True, time.monotonic(), ""
            self._crew.set_slow(hand, False)
            self._became_ready.set()
            self._tell_walls(texts(payload))
        elif kind is Kind.UNREADY:
            self._not_born(hand, bytes(payload).decode("utf-8", "replace"))
        elif kind is Kind.BEGUN and errand is not None:
            errand.begun = True
        elif kind is Kind.CHANGED and errand is not None:
            hand.jobs, errand.lasting = MOST_JOBS, False  # its last one
            _log.error("the job %s changed what the next would find, so its worker is replaced: %s",
                       errand.name, ", ".join(texts(payload)))  # fmt: skip
        elif kind is Kind.PARTIAL and errand is not None:
            errand.partial = payload
        elif kind is Kind.PROGRESS and errand is not None:
            try:
                errand.progress = progress(payload)
            except BadMessage:
                self._crew.drop(hand)
        elif errand is not None and kind in (Kind.REPLY, Kind.PROBLEM, Kind.LAST_PROBLEM):
            hand.errand, hand.since, hand.jobs, self._setbacks = None, time.monotonic(), hand.jobs + 1, 0
            self._crew.set_slow(hand, False)
            if kind is Kind.REPLY and errand.lasting:
                self._cache.put(errand.key, payload)
            errand.end(Outcome(End.REPLY if kind is Kind.REPLY else End.PROBLEM, payload))
            if kind is Kind.LAST_PROBLEM or hand.jobs >= MOST_JOBS:
                self._crew.end(hand, kill=False)
            self._dispatch()

    def _tell_walls(self, missing_walls: tuple[str, ...]) -> None:
        """Write what is missing around the workers into the log, once and when it changes."""
        if missing_walls != self._missing_walls:
            self._missing_walls = missing_walls
            level = logging.WARNING if missing_walls else logging.INFO
            _log.log(level, "workers run without: %s", "; ".join(missing_walls) or "nothing, all walls stand")

    def _lost(self, hand: Hand, why: str) -> None:
        errand, hand.errand = hand.errand, None
        if errand is not None:
            blameless = not errand.begun or not self._up  # it had not begun, or the mother took the worker along
            again = errand.lost is None or (not self._up and errand.lost == self._mother_since)  # she takes all along
            if blameless and again and errand.outcome is None:
                errand.lost = self._mother_since
                self._put_back(errand)
            else:
                errand.end(Outcome(End.DIED, detail=why))
        if not hand.ready and not hand.doomed and self._up:
            self._not_born(hand, f"a worker ended before it was ready: {why}")

    def _not_born(self, hand: Hand, why: str) -> None:
        """A worker could not become ready. Others may still serve; without any, the engine has failed for now."""
        self._crew.end(hand)
        self._set_back()
        if not any(other.ready for other in self._living()):
            self._became_ready.clear()
            if self._setbacks >= _HOPELESS:
                self._fail(why)

    def _fail(self, why: str) -> None:
        self._failed = why
        for errand in list(self._lanes):
            self._lanes.remove(errand)
            errand.end(Outcome(End.FAILED, detail=why))

    def _set_back(self) -> None:
        """The first loss is made good at once, the next ones without a job done in between after ever longer pauses."""
        self._setbacks += 1
        if self._setbacks > 1:
            self._not_before = time.monotonic() + min(_LONGEST_PAUSE, 0.25 * 2**self._setbacks)

    # -- what is due

    def _tick(self, now: float) -> None:
        self._stop_overdue(now)
        self._cache.drop_old(now)
        for hand in self._running_for(GIVE_WAY, now):
            self._crew.set_slow(hand, True)
        if self._crew.mother is None and now >= self._not_before:
            try:
                self._crew.start_mother()
                self._mother_since = now
            except (OSError, ValueError, TypeError, AttributeError) as error:  # no such program, no fork on this system
                self._fail(f"{type(error).__name__}: {error}")
                self._setbacks = max(1, self._setbacks)  # nothing will report that she ended: a pause, then again
                self._set_back()
        if self._up:
            self._dispatch()
            self._keep_staff(now)
        else:
            for errand in [one for one in self._lanes if now >= one.submitted + START_LIMIT]:
                self._lanes.remove(errand)
                errand.end(Outcome(End.UNSTARTED))
            if now >= self._mother_since + START_LIMIT:
                self._crew.end_mother()

    def _stop_overdue(self, now: float) -> None:
        for hand in list(self._crew.hands.values()):
            errand = hand.errand
            if errand is not None and now >= self._ends_at(errand):
                errand.end(Outcome(End.LATE if hand.assembler.has_memory() else End.CROWDED))
                hand.errand = None
                self._crew.end(hand)
            elif errand is not None and not errand.begun and now >= self._taken_up_by(hand, errand):
                self._pass_over(hand, errand)
            elif self._up and self._unanswered(hand) and now >= hand.asked + ORDER_LIMIT:
                if hand.killed or hand.pid is None:
                    self._crew.end_mother()
                else:  # it was let go, and does not leave
                    self._crew.end(hand)
            elif hand.living and not hand.ready and now >= hand.since + WARM_LIMIT:
                self._not_born(hand, f"a worker was not ready within {WARM_LIMIT:.0f} s")

    def _pass_over(self, hand: Hand, errand: Errand) -> None:
        """A worker does not take up what it was sent: stopped, perhaps. Another one gets it."""
        hand.errand = None
        self._crew.end(hand)
        errand.passed += 1
        if errand.outcome is None:
            self._put_back(errand)

    def _keep_staff(self, now: float) -> None:
        wanted = self._capacity(now) + 1
        living = self._living()
        if now >= self._not_before:
            for _ in range(wanted - len(living)):
                self._crew.fork()
        extras = [hand for hand in living if hand.ready and hand.errand is None and now >= hand.since + IDLE]
        for hand in extras[: max(0, len(living) - wanted)]:
            self._crew.end(hand, kill=False)

    def _dispatch(self) -> None:
        now = time.monotonic()
        while len(self._lanes):
            running = [hand.errand for hand in self._living() if hand.errand is not None]
            idle = [hand for hand in self._living() if hand.ready and hand.errand is None]
            if not idle or len(running) >= self._capacity(now):
                return
            most_of_one_lane = max(1, self._most - 1)
            errand = self._lanes.next(Counter(one.lane for one in running), most_of_one_lane)
            if errand is None:
                return
            if not self._answer_from_cache(errand):  # an equal errand may have ended while this one waited
                hand = max(idle, key=lambda one: one.since)  # the one used last is the warmest; the others may leave
                hand.errand, errand.started = errand, now
                hand.send(errand.message)

    def _capacity(self, now: float) -> int:
        return min(self._most, self._workers + len(self._running_for(SLOW, now)))

    def _running_for(self, seconds: float, now: float) -> list[Hand]:
        """The workers whose jobs have run for so long."""
        running = [(hand, hand.errand.started) for hand in self._living() if hand.errand is not None]
        return [hand for hand, started in running if now >= (started or now) + seconds]

    def _pause(self, now: float) -> float:
        """Seconds until something is due."""
        due = []
        for hand in self._living():
            if hand.errand is not None:
                due.append(self._ends_at(hand.errand))
                due += [(hand.errand.started or now) + seconds for seconds in (GIVE_WAY, SLOW)]
                if not hand.errand.begun:
                    due.append(self._taken_up_by(hand, hand.errand))
            elif not hand.ready:
                due.append(hand.since + WARM_LIMIT)
            elif len(self._living()) > self._workers + 1:
                due.append(hand.since + IDLE)
        due += [hand.asked + ORDER_LIMIT for hand in self._crew.hands.values() if self._unanswered(hand)]
        due.append(self._not_before)
        if self._crew.short_of_memory:
            due.append(now + AGAIN)
        if not self._up:
            due += [errand.submitted + START_LIMIT for errand in self._lanes]
        coming = [moment for moment in due if moment > now]  # what was due has been done, or waits for an event
        return min(_LONGEST_SLEEP, max(0.0, min(coming, default=now + _LONGEST_SLEEP) - time.monotonic()))

    # -- small parts

    def _living(self) -> list[Hand]:
        return [hand for hand in self._crew.hands.values() if hand.living]

    def _ends_at(self, errand: Errand) -> float:
        started = errand.started or errand.submitted
        unwanted = errand.outcome is not None  # superseded or cancelled while it runs
        return started + (min(GRACE, errand.deadline) if unwanted else errand.deadline)

    def _unanswered(self, hand: Hand) -> bool:
        """Whether the mother still has to report its birth or its end."""
        return hand.pid is None or not hand.living

    def _taken_up_by(self, hand: Hand, errand: Errand) -> float:
        return hand.moved + TAKE_UP * 2.0**errand.passed

    def _put_back(self, errand: Errand) -> None:
        errand.begin_anew()
        self._lanes.put_back(errand)

    def _supersede(self, newer: Errand) -> Errand | None:
        """End the older errands of the same lane and name, unless one is the same errand again: then that one."""
        known = [*self._lanes, *(hand.errand for hand in self._living() if hand.errand is not None)]
        older = [one for one in known if (one.lane, one.name) == (newer.lane, newer.name) and one.outcome is None]
        equal = next((one for one in older if one.key == newer.key), None)
        for errand in older:
            if errand is not equal:
                self._lanes.remove(errand)
                errand.end(Outcome(End.SUPERSEDED))
        return equal

    def _answer_from_cache(self, errand: Errand) -> bool:
        reply = self._cache.get(errand.key)
        if reply is not None:
            errand.end(Outcome(End.REPLY, reply))
        return reply is not None

    def _end_all(self, outcome: Outcome) -> None:
        for hand in self._crew.hands.values():
            if hand.errand is not None:
                hand.errand.end(outcome)
        for errand in list(self._lanes):
            self._lanes.remove(errand)
            errand.end(outcome)
