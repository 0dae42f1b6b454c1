"""The client's end of all the wires: starts the mother, has workers forked, moves bytes, and reports what happened.

It decides nothing: `keeper` does. All methods are called with the keeper's lock held, except `wait`.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from explorer.engine import configuration
from explorer.engine.control import Control
from explorer.engine.hand import Event, Hand, What
from explorer.engine.held import Held
from explorer.engine.wire import BadMessage

_READS = 16
"""How often one worker's socket is read before the others have their turn."""
_TAIL = 4000
"""How much of what the mother printed is kept, in bytes."""


class Crew:
    """The mother and her workers.

    Args:
        jobs: the module whose `perform` does the jobs.
        preload: the modules that the mother imports.
        growth: how many bytes a worker may take beyond what it starts with.
        held: counts the bytes of what workers send.
    """

    def __init__(self, jobs: str, preload: Sequence[str], growth: int, held: Held) -> None:
        self._settings: dict[str, Any] = {"jobs": jobs, "preload": list(preload), "growth": growth}
        self._settings["parent"] = os.getpid()
        self._held = held
        self._selector = selectors.DefaultSelector()
        self._alarm, self._bell = socket.socketpair()
        for end in (self._alarm, self._bell):
            end.setblocking(False)
        self._selector.register(self._alarm, selectors.EVENT_READ)
        self._control: Control | None = None
        self._errors: socket.socket | None = None
        self._tail = b""
        self._tokens = 0
        self.mother: subprocess.Popen[bytes] | None = None
        self.hands: dict[int, Hand] = {}
        self.short_of_memory = False
        """Whether a worker has something to send for which there is no memory yet."""

    # -- orders

    def start_mother(self) -> None:
        """Start the mother. The kernel ends her with the calling thread, so that must be one that lives on.

        Raises:
            OSError: if she cannot be started.
        """
        ours, theirs = socket.socketpair()
        self._errors, errors = socket.socketpair()
        folder = self._settings["folder"] = tempfile.mkdtemp(prefix="layer-explorer-")  # of the workers' own folders
        Path(folder).chmod(0o711)  # a worker with a user of its own goes through it, and cannot list it
        command = [sys.executable, "-m", "explorer.engine.mother", str(theirs.fileno()), json.dumps(self._settings)]
        self._tail = b""
        with theirs, errors, _removed_on_error(folder):
            self.mother = subprocess.Popen(
                command,
                cwd=configuration.ROOT,
                env=configuration.environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors.fileno(),
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for the server; she ends when the server does
            )
        self._control = Control(ours)
        self._errors.setblocking(False)
        self._selector.register(ours, selectors.EVENT_READ)
        self._selector.register(self._errors, selectors.EVENT_READ)

    def fork(self) -> None:
        """Have one more worker forked."""
        self._tokens += 1
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        hand = self.hands[self._tokens] = Hand(self._tokens, ours, self._held)
        self._selector.register(ours, selectors.EVENT_READ, hand)
        with theirs:
            self._order({"fork": hand.token}, theirs.fileno())

    def end(self, hand: Hand, *, kill: bool = True) -> None:
        """Let a worker go; without `kill` it may finish what it writes, and leaves when it sees its channel closed."""
        hand.doomed = True
        self._let_go(hand)
        self._ask_to_end(hand, kill)

    def drop(self, hand: Hand) -> None:
        """A worker has closed its channel or spoiled it: it ends, or is made to. Its exit is reported with its code."""
        self._let_go(hand)
        self._ask_to_end(hand, kill=True)

    def end_mother(self) -> None:
        """End a mother that does not answer, and her workers with her. Her end is reported as any other."""
        if self.mother is not None:
            self.mother.kill()

    def set_slow(self, hand: Hand, slow: bool) -> None:
        """Let a worker's job give way to others, or no longer."""
        if hand.slow != slow and hand.pid is not None:
            hand.slow = slow
            self._order({"slow": slow, "pid": hand.pid})

    def count_threads(self) -> None:
        """Ask the mother to count her threads."""
        self._order({"threads": 0})

    def ring(self) -> None:
        """Let `wait` return. From any thread."""
        with contextlib.suppress(BlockingIOError, OSError):
            self._bell.send(b"\0")

    def close(self) -> None:
        """End everything."""
        for hand in list(self.hands.values()):
            self._let_go(hand)
        self._lose_mother()
        self._selector.close()
        self._alarm.close()
        self._bell.close()

    # -- events

    def wait(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait until something happens. Holds no lock."""
        return self._selector.select(timeout)

    def watch(self) -> None:
        """Listen for what each worker sends, if there is memory for it, and for room for what is to be sent to it."""
        self.short_of_memory = False
        for hand in self.hands.values():
            if not hand.living:
                continue
            roomy = hand.assembler.has_memory()
            self.short_of_memory |= not roomy
            wanted = (selectors.EVENT_READ if roomy else 0) | (selectors.EVENT_WRITE if hand.outbox else 0)
            key = self._selector.get_map().get(hand.channel)
            if key is None and wanted:
                self._selector.register(hand.channel, wanted, hand)
            elif key is not None and not wanted:
                self._selector.unregister(hand.channel)
            elif key is not None and key.events != wanted:
                self._selector.modify(hand.channel, wanted, hand)

    def events(self, keys: list[tuple[selectors.SelectorKey, int]]) -> Iterator[Event]:
        """Do what the wires ask for and tell what happened."""
        for key, mask in keys:
            if key.fileobj is self._alarm:
                self._alarm.recv(4096)
            elif key.fileobj is self._errors:
                self._listen()
            elif self._control is not None and key.fileobj is self._control.channel:
                yield from self._reports()
            elif isinstance(key.data, Hand) and key.data.living:
                if mask & selectors.EVENT_WRITE:
                    key.data.flush()
                if mask & selectors.EVENT_READ:
                    yield from self._frames(key.data)

    def _frames(self, hand: Hand) -> Iterator[Event]:
        complete = None
        try:
            for _ in range(_READS):
                if complete := hand.assembler.receive(hand.channel):
                    break
        except BlockingIOError:
            return
        except (EOFError, ConnectionError, BadMessage):
            self.drop(hand)
            return
        if complete:
            yield Event(What.FRAME, hand, *complete)

    def _reports(self) -> Iterator[Event]:
        assert self._control is not None
        try:
            for report in self._control.receive():
                yield from self._report(report)
        except EOFError:
            why = self._lose_mother()
            yield Event(What.MOTHER_GONE, text=why)
            for hand in list(self.hands.values()):  # they end with her
                yield from self._gone(hand, f"the process that forks workers ended: {why}")

    def _report(self, report: dict[str, Any]) -> Iterator[Event]:
        if "up" in report:
            yield Event(What.UP, number=report["up"])
        elif "failed" in report:
            yield Event(What.MOTHER_FAILED, text=report["failed"])
        elif "now" in report:
            yield Event(What.THREADS, number=report["now"])
        elif "born" in report:
            hand = self.hands[report["born"]]
            hand.pid = report["pid"]
            if not hand.living:
                self._order({"kill": hand.pid})
        elif "unborn" in report:
            yield from self._gone(self.hands[report["unborn"]], report["why"])
        elif "exit" in report:
            for hand in list(self.hands.values()):
                if hand.pid == report["exit"]:
                    yield from self._gone(hand, f"exit code {report['code']}")

    def _gone(self, hand: Hand, why: str) -> Iterator[Event]:
        """A worker has ended. Its last words may still be in the channel: they come first."""
        with contextlib.suppress(EOFError, BlockingIOError, ConnectionError, BadMessage):
            while hand.living:
                if complete := hand.assembler.receive(hand.channel):
                    yield Event(What.FRAME, hand, *complete)
        self._let_go(hand)
        self.hands.pop(hand.token, None)
        yield Event(What.WORKER_GONE, hand, text=why)

    def _lose_mother(self) -> str:
        """Give up the mother and whatever is left of her; why she ended, as far as it is known."""
        if self.mother is None or self._control is None:
            return ""
        with contextlib.suppress(OSError):
            self._control.channel.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.mother.wait(0.5)
        self.mother.kill()
        code = self.mother.wait()
        self._listen()
        for channel in (self._control.channel, self._errors):
            if channel is not None:
                self._selector.unregister(channel)
                channel.close()
        self.mother = self._control = self._errors = None
        shutil.rmtree(self._settings["folder"], ignore_errors=True)
        words = self._tail.decode("utf-8", "replace").strip()
        return f"exit code {code}" + (f"\n{words}" if words else "")

    def _listen(self) -> None:
        """Read what the mother printed, keep its end."""
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while self._errors is not None and (words := self._errors.recv(65536)):
                self._tail = (self._tail + words)[-_TAIL:]
            if self._errors is not None:  # she has closed it
                self._selector.unregister(self._errors)
                self._errors.close()
                self._errors = None

    def _let_go(self, hand: Hand) -> None:
        if hand.channel.fileno() >= 0:
            if hand.channel in self._selector.get_map():
                self._selector.unregister(hand.channel)
            hand.channel.close()
        hand.outbox.clear()

    def _ask_to_end(self, hand: Hand, kill: bool) -> None:
        hand.asked, hand.killed = time.monotonic(), kill
        if kill and hand.pid is not None:
            self._order({"kill": hand.pid})

    def _order(self, order: dict[str, Any], descriptor: int | None = None) -> None:
        if self._control is not None:
            with contextlib.suppress(OSError):  # she is gone, which her closed channel tells next
                self._control.send(order, descriptor)


@contextlib.contextmanager
def _removed_on_error(folder: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
