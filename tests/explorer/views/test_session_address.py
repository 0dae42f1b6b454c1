"""An address that the page had before does not undo what it has sent since, unless a reader has walked back to it."""

from __future__ import annotations

from explorer.experiment import Experiment, Look
from explorer.views.session import MAX_BEHIND, Session


def test_what_was_written_lately_is_known() -> None:
    session = Session(Experiment(), Look())
    for value in range(MAX_BEHIND + 1):
        session.wrote({"seed": str(value)})
    session.wrote({"seed": "1"})
    session.wrote({"seed": "last"})
    known = [value for value in ("0", "1", "2", "3", "last") if session.is_behind({"seed": value})]
    assert known == ["1", "3", "last"]
