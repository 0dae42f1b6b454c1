"""One visitor's session: the Experiment, the Look, undo and redo, and what they typed that was refused."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from explorer.experiment import Experiment, Look, from_query, to_query
from explorer.experiment.fitting import fitted
from explorer.i18n.translator import Translator, preferred, translator
from explorer.model.answers import OpenedModel, OwnClasses
from explorer.model.problem import Problem
from explorer.model.report import Report
from explorer.model.trace import Message, Trace
from explorer.settings import settings
from explorer.views.courtesy import Turn
from explorer.views.open_pages import attached_bytes, opened
from layers.card import Card

MAX_UNDO = 200
MAX_BEHIND = 10
"""How many addresses a page may not have got yet."""
_MISSING = object()


@dataclasses.dataclass(eq=False)
class Draft:
    """The code as it is being typed.

    Attributes:
        text: it.
        version: grows when the server, not the reader, puts another text in its place.
        of: the experiment's code that it was typed from.
        wanted: whether the reader wants it to run, and it has not been taken into the experiment yet.
    """

    text: str
    version: int = 0
    of: str = ""
    wanted: bool = False


@dataclasses.dataclass(eq=False)
class Session:
    """Everything that the pages know about their visitor. One instance lives in `st.session_state`.

    Its traces can go at any time, when memory is short or the visitor has left.
    """

    experiment: Experiment
    look: Look
    page: str = ""
    address: str = ""
    done: list[Experiment] = dataclasses.field(default_factory=list)
    undone: list[Experiment] = dataclasses.field(default_factory=list)
    problems: dict[str, Problem] = dataclasses.field(default_factory=dict)
    shown: dict[str, Any] = dataclasses.field(default_factory=dict)
    replaced: dict[str, Any] = dataclasses.field(default_factory=dict)
    doubtful: dict[str, Callable[[], None]] = dataclasses.field(default_factory=dict)
    drawn: tuple[Experiment, Look] | None = None
    attachments: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    written: deque[dict[str, str]] = dataclasses.field(default_factory=lambda: deque(maxlen=MAX_BEHIND))
    last_good: Trace | None = None
    last_good_layer: str = ""
    stale: bool = False
    fault: Problem | None = None
    opened_link: int | None = None
    whole_sum: bool = False
    tape_wanted: str = ""
    put_aside: bool = False
    turn: Turn = dataclasses.field(default_factory=Turn)
    draft: Draft | None = None
    agreed: deque[str] = dataclasses.field(default_factory=lambda: deque(maxlen=2 * MAX_UNDO))
    own: OwnClasses | None = None
    own_of: str = ""
    unreadable: tuple[str, Problem] | None = None
    ran: tuple[Experiment, Trace] | None = None
    model: OpenedModel | None = None
    model_of: str = ""
    examined: tuple[Experiment, Report] | None = None
    halted: Experiment | None = None
    cure_of: tuple[Experiment, str, int] | None = None

    # -- the experiment
    def change(self, **changes: Any) -> None:
        """Replace parts of the experiment; the old one can be had back by undo.

        Raises:
            Problem: if a part is not what it should be. The experiment is then as it was.
        """
        self.replace(self.experiment.change(**changes))

    def replace(self, experiment: Experiment) -> None:
        """Make another experiment the current one."""
        if experiment == self.experiment:
            return
        self.done = [*self.done[-MAX_UNDO:], self.experiment]
        self.undone = []
        self.put_aside = False
        self.experiment = experiment
        self.forget("link_")

    def forget(self, prefix: str) -> None:
        """Drop the problems of one kind."""
        self.problems = {key: problem for key, problem in self.problems.items() if not key.startswith(prefix)}

    def undo(self) -> None:
        """Go back to the experiment before the last change."""
        if self.done:
            self.undone.append(self.experiment)
            self.put_aside = False
            self.experiment = self.done.pop()
            self.problems.clear()

    def redo(self) -> None:
        """Take an undone change again."""
        if self.undone:
            self.done.append(self.experiment)
            self.experiment = self.undone.pop()
            self.problems.clear()

    def attach(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep arrays of uploaded files by their hashes. The oldest make way; undo asks for one of them again.

        Raises:
            Problem: if these alone are more than a page may keep.
        """
        limits = settings().uploads
        most, new = limits.visitor_mib << 20, _bytes(arrays)
        if new > most:
            raise _too_much(Message("This is more than can be kept for one page."), most, new)
        kept = {name: array for name, array in self.attachments.items() if name not in arrays}
        while kept and new + _bytes(kept) > most:
            del kept[next(iter(kept))]
        others = attached_bytes() - _bytes(self.attachments)
        if others + _bytes(kept) + new > limits.server_mib << 20:
            most = max(0, (limits.server_mib << 20) - others)
            raise _too_much(Message("Files of other visitors fill the memory for files. Try again later."), most, new)
        self.attachments = {**kept, **arrays}
        opened(self)

    def keep(self, trace: Trace, layer: str) -> None:
        """Keep the trace that the page shows, for the time when the next one fails."""
        self.stale, self.fault, self.last_good, self.last_good_layer = False, None, trace, layer
        opened(self)

    def fail(self, problem: Problem) -> None:
        """The experiment has failed; the problem holds what was traced until then."""
        self.stale, self.fault = True, problem
        opened(self)

    def forget_traces(self) -> bool:
        """Give up what can be computed again; whether there was any."""
        had = self.last_good is not None or self.failed is not None
        self.last_good = self.ran = None
        if self.fault is not None:
            self.fault.trace = None
        return had

    @property
    def failed(self) -> Trace | None:
        """What the experiment's call did until it failed."""
        return self.fault.trace if self.fault is not None else None

    def see(self, **changes: Any) -> None:
        """Replace parts of the look."""
        self.look = dataclasses.replace(self.look, **changes)

    def fit(self, card: Card, find: Callable[[str], Card]) -> None:
        """Put right what a link says beyond its layers' cards; each thing that had to go is told.

        Args:
            card: of the experiment's layer.
            find: gives the card of a layer that follows, or raises a Problem.
        """
        self.experiment, problems = fitted(self.experiment, card, find)
        if problems:
            self.forget("link_param")
        self.problems |= {f"link_param_{number}": problem for number, problem in enumerate(problems)}

    # -- own code
    def agree(self, code: str) -> None:
        """The reader wants this code to run: typed it, or read it and pressed the button."""
        digest = _digest(code)
        if digest in self.agreed:
            self.agreed.remove(digest)
        self.agreed.append(digest)  # the oldest goes, which undo does not reach any more

    def has_agreed(self, code: str) -> bool:
        """Whether code may run for this reader. What came with a link or a file may not until they say so."""
        return not code or _digest(code) in self.agreed

    # -- widgets
    def show(self, key: str, value: Any) -> str:
        """Give a widget its value before it is drawn, unless it holds something typed that was refused.

        In another language it is given again: Streamlit knows a choice by its words, and the browser has the old ones.

        Returns:
            The key, to pass on to the widget.
        """
        self.turn.let_others_pass()
        language = self.text.language
        before, before_language = self.shown.get(key, (_MISSING, language))
        in_these_words = before_language == language or key in self.problems
        held = st.session_state.get(key, _MISSING)
        if held is _MISSING or not in_these_words or (before != value and held != value):
            st.session_state[key] = value  # giving a widget what it holds would undo what is being typed into it
            self.replaced[key] = held
        self.shown[key] = (value, language)
        return key

    def accept(self, key: str, change: Callable[[Any], None]) -> Callable[[], None]:
        """A widget's on_change: try the change; what is refused stays typed, and its problem is kept to be shown.

        With each change a browser tells the values of all widgets, old ones where it has not drawn the new ones yet. So
        what it tells when a fragment runs, which has none of these widgets, is no change; and a value that it repeats
        from before it was given another one is a change only if it comes alone: `decide` knows.
        """

        def take(value: Any) -> None:
            self.problems.pop(key, None)
            try:
                change(value)
            except Problem as problem:
                self.problems[key] = problem

        def on_change() -> None:
            value, context = st.session_state[key], get_script_run_ctx()
            if context is not None and context.fragment_ids_this_run:
                self._give_again(key)
            elif value == self.replaced.get(key, _MISSING):
                self.doubtful[key] = partial(take, value)
            else:
                self.replaced.pop(key, None)
                self.drawn = None  # what may be old does not come alone
                take(value)

        return on_change

    def decide(self) -> None:
        """Take a widget's value that may be an old one for a change, if nothing else has changed since the page was
        drawn; else the widget is given the new one again.
        """
        doubtful, self.doubtful = self.doubtful, {}
        alone = len(doubtful) == 1 and self.drawn == (self.experiment, self.look)
        for key, take in doubtful.items():
            if alone:
                self.replaced.pop(key, None)
                take()
            else:
                self._give_again(key)

    def _give_again(self, key: str) -> None:
        if key in self.shown:
            st.session_state[key] = self.shown[key][0]

    # -- the address
    def wrote(self, query: dict[str, str]) -> None:
        """The address of the page is from now on that of this experiment and look."""
        if query in self.written:
            self.written.remove(query)
        self.written.append(query)

    def is_behind(self, query: dict[str, str]) -> bool:
        """Whether an address is one that this session wrote: the page has not got the later ones yet, or never does
        because it was cut off. What it sent was taken, and counts.
        """
        return query in self.written

    # -- the reader
    @property
    def text(self) -> Translator:
        """The translator of this visitor's language: the chosen one, else the browser's."""
        return translator(self.look.language or preferred(st.context.locale))

    @property
    def id(self) -> str:
        """The lane of this visitor's jobs. Pages of one address are counted together, but not on loopback: there a
        proxy that the operator has not named may speak for everybody.
        """
        page = self.page or str(id(self))
        return f"{self.address}/{page}" if self.address else page


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _bytes(arrays: Mapping[str, np.ndarray]) -> int:
    return sum(array.nbytes for array in arrays.values())


def _too_much(what: Message, most: int, new: int) -> Problem:
    return Problem(what, expected=f"<= {most:,} bytes", received=f"{new:,} bytes", where="inputs")


def current() -> Session:
    """This visitor's session; made from the link at their first run and when they edit or walk back the address."""
    query = st.query_params.to_dict()
    context = get_script_run_ctx()
    session: Session | None = st.session_state.get("session")
    walked = context is not None and context.is_history_navigation
    if session is None or (query and (walked or not session.is_behind(query))):
        experiment, look, problems = from_query(query)
        if session is None:
            session = Session(experiment, look, context.session_id if context else "", st.context.ip_address or "")
            st.session_state["session"] = session
        else:
            session.replace(experiment)
            session.look = look
        session.wrote(query)
        session.problems = {f"link_{number}": problem for number, problem in enumerate(problems)}
    return session


def write_language(session: Session) -> None:
    """Keep the chosen language in the address of a page that shows no experiment."""
    if session.look.language and st.query_params.get("language") != session.look.language:
        st.query_params["language"] = session.look.language
        session.wrote(st.query_params.to_dict())


def write_link(session: Session) -> None:
    """Put the experiment and the look into the address bar."""
    query = to_query(session.experiment, session.look)
    if query != st.query_params.to_dict():  # going to another page and back empties the address
        st.query_params.from_dict(query)
    session.wrote(query)
