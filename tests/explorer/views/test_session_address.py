"""An address that is older than what the page had sent does not undo it, unless a reader has walked back to it."""

from __future__ import annotations

from explorer.experiment import Experiment, Look
from explorer.views.session import MAX_BEHIND, Session


def written(*values: str) -> Session:
    session = Session(Experiment(), Look())
    for value in values:
        session.wrote({"seed": value})
    return session


def test_only_a_page_that_was_away_returns_with_an_old_address() -> None:
    session = written("1", "2", "3")
    assert not session.returns_with({"seed": "1"}), "a reader has walked back"
    session.away = True
    assert session.returns_with({"seed": "1"}) and session.returns_with({"seed": "2"})
    assert not session.returns_with({"seed": "4"}), "a reader has typed an address"


def test_what_was_written_long_ago_is_no_longer_known() -> None:
    session = written(*map(str, range(MAX_BEHIND + 2)))
    session.away = True
    assert not session.returns_with({"seed": "0"}) and session.returns_with({"seed": "1"})
