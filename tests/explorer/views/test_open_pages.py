"""Pages hold their traces only as long as there is memory, and somebody before them."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import numpy as np
import pytest

from explorer.engine.regime import Regime
from explorer.experiment import Experiment, Look
from explorer.model.problem import Problem
from explorer.model.trace import Trace
from explorer.settings import Settings, Uploads
from explorer.views import open_pages, session
from explorer.views.session import Session

Open = Callable[..., Session]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens pages that show a trace, without an engine."""
    monkeypatch.setattr(open_pages, "engine", lambda: SimpleNamespace(kept_by=lambda let_go: None))
    monkeypatch.setattr(open_pages, "_opened", open_pages.OrderedDict())
    kept = []

    def make(name: str, address: str = "") -> Session:
        made = Session(Experiment(), Look(), name, address)
        made.keep(Trace(layer=name), name)
        kept.append(made)
        return made

    yield make


def test_the_page_that_was_not_used_for_longest_gives_way_first(open_page: Open) -> None:
    first, second = open_page("first"), open_page("second")
    first.fail(Problem("It failed.", trace=Trace(layer="failed")))
    assert open_pages._let_go_oldest()
    assert second.last_good is None and first.last_good is not None and first.failed is not None
    assert open_pages._let_go_oldest()
    assert first.last_good is first.failed is None
    assert not open_pages._let_go_oldest()


@pytest.mark.parametrize("address", ["", "203.0.113.9"])
def test_a_trace_goes_when_the_browser_has(open_page: Open, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    here, gone = open_page("here", address), open_page("gone", address)
    runtime = SimpleNamespace(is_active_session=lambda name: name == "here")
    monkeypatch.setattr(open_pages.Runtime, "instance", lambda: runtime)
    trace = weakref.ref(gone.last_good)
    open_pages.forget_absent()
    gc.collect()
    assert trace() is None and here.last_good is not None


def test_pages_of_one_address_are_one_address_to_the_engine_and_pages_on_loopback_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lane(page: str, address: str | None) -> str:
        context = SimpleNamespace(session_id=page, is_history_navigation=False)
        monkeypatch.setattr(session, "get_script_run_ctx", lambda: context)
        monkeypatch.setattr(session.st, "context", SimpleNamespace(ip_address=address))
        monkeypatch.setattr(session.st, "query_params", SimpleNamespace(to_dict=dict))
        monkeypatch.setattr(session.st, "session_state", {})
        return session.current().id

    one, other = lane("page-1", "203.0.113.9"), lane("page-2", "203.0.113.9")
    assert one != other and Regime.address(one) == Regime.address(other) == "203.0.113.9"
    assert Regime.address(lane("page-1", None)) != Regime.address(lane("page-2", None))


def test_uploads_of_all_pages_together_are_bounded(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "settings", lambda: Settings(uploads=Uploads(visitor_mib=2, server_mib=3)))
    one, other = open_page("one"), open_page("other")
    one.attach({"a": np.zeros(2 << 20, "uint8")})
    with pytest.raises(Problem, match="Files of other visitors"):
        other.attach({"b": np.zeros(2 << 20, "uint8")})
    assert other.attachments == {}
    one.attach({"c": np.zeros(1 << 20, "uint8")})  # its own oldest one makes way
    other.attach({"b": np.zeros(2 << 20, "uint8")})
