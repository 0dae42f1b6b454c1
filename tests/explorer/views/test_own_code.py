"""Typed code in a session: a text that cannot be read is tried once, whatever then asks about it."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest
from streamlit.runtime.scriptrunner import RerunData, RerunException, StopException

from explorer.engine.pool.client import Busy, Superseded
from explorer.experiment import Experiment, Look
from explorer.model.problem import Problem
from explorer.views import own_code, work
from explorer.views.session import MAX_UNDO, Draft, Session


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The jobs that a session asked for; none of them can read the code."""
    jobs: list[str] = []

    def ask(session: Session, name: str, args: Any, *_: Any, **__: Any) -> Any:
        jobs.append(name)
        raise Problem("Python cannot read this text.", where="code")

    monkeypatch.setattr(work, "ask", ask)
    return jobs


def test_a_text_that_cannot_be_read_is_tried_once(asked: list[str]) -> None:
    session = Session(Experiment(), Look())
    session.draft = Draft("class A(:", wanted=True)
    own_code.take(session, session.draft)
    assert session.experiment.code == "class A(:" and asked == ["open_code"]
    for again in (
        lambda: work.own_card(session, "own.A"),
        lambda: work.trace_of(session, session.experiment),
        lambda: work.own_card(session, "own.B"),
    ):
        with pytest.raises(Problem, match="cannot read"):
            again()
    assert asked == ["open_code"]
    session.draft.wanted = True  # the reader presses the button again
    own_code.take(session, session.draft)
    assert asked == ["open_code", "open_code"]


def test_code_that_was_to_run_runs_after_a_run_that_was_cut_off(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change in the middle of the first run ends it, as the code is being opened: the next run opens the code."""
    session = Session(Experiment(), Look())
    session.draft = Draft("class A(:", wanted=True)
    with monkeypatch.context() as busy, pytest.raises(RerunException):
        busy.setattr(work, "ask", Mock(side_effect=RerunException(RerunData())))
        own_code.take(session, session.draft)
    assert session.draft.wanted and session.experiment.code == ""
    own_code.take(session, session.draft)
    assert asked == ["open_code"] and session.experiment.code == "class A(:" and not session.draft.wanted


def test_code_that_could_not_be_run_at_all_stays_in_the_editor_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """The experiment is not about this code then, and nothing says that the code is wrong."""
    busy = Busy("Many people are running code at the moment.", where="engine")
    monkeypatch.setattr(work, "ask", Mock(side_effect=busy))
    session = Session(Experiment(), Look())
    session.draft = Draft("class A: pass", wanted=True)
    own_code.take(session, session.draft)
    assert session.experiment == Experiment() and session.draft.text == "class A: pass"
    assert session.problems == {own_code.KEY: busy} and session.unreadable is None
    assert not session.draft.wanted, "it is not tried again and again"


def test_a_run_whose_job_a_newer_run_has_superseded_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """It must not tell that as a problem with the reader's code, or draw anything more."""
    job = Mock(done=lambda: True, result=Mock(side_effect=Superseded("A newer request took the place of this one.")))
    monkeypatch.setattr(work, "engine_for", lambda args: Mock(submit=Mock(return_value=job)))
    session = Session(Experiment(), Look())
    session.draft = Draft("class A: pass", wanted=True)
    with monkeypatch.context() as stopping, pytest.raises(StopException):
        stopping.setattr(work.st, "empty", Mock(side_effect=StopException))
        own_code.take(session, session.draft)
    assert session.draft.wanted and session.problems == {} and session.experiment == Experiment()


def test_code_that_waits_for_its_reader_is_not_taken_for_unreadable(asked: list[str]) -> None:
    session = Session(Experiment("own.A", code="class A: pass"), Look())
    with pytest.raises(Problem):
        work.own_card(session, "own.A")
    assert session.unreadable is None


def test_what_a_reader_has_agreed_to_is_bounded_and_the_newest_stays() -> None:
    session = Session(Experiment(), Look())
    session.agree("kept")
    for number in range(10 * MAX_UNDO):
        session.agree(f"# {number}")
        session.agree("kept")
    assert session.has_agreed("kept") and session.has_agreed(f"# {10 * MAX_UNDO - 1}")
    assert not session.has_agreed("# 0") and len(session.agreed) <= 2 * MAX_UNDO
