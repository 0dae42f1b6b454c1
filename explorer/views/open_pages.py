"""What all open pages hold together: traces, which the least recently used page gives up first, and uploaded arrays."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING

from streamlit.runtime import Runtime

from explorer.engine.pool.client import engine
from explorer.engine.process import trim

if TYPE_CHECKING:
    from explorer.views.session import Session

_lock = threading.RLock()  # the collector may call the engine's `let_go` inside any of these functions
_opened: OrderedDict[int, weakref.ref[Session]] = OrderedDict()


def opened(session: Session) -> None:
    """A page holds something new: it is the last one to give up its traces."""
    with _lock:
        _opened[id(session)] = weakref.ref(session)
        _opened.move_to_end(id(session))
    engine().kept_by(_let_go_oldest)


def attached_bytes() -> int:
    """The bytes of the arrays that all pages have uploaded."""
    return sum(array.nbytes for session in _sessions() for array in session.attachments.values())


def forget_absent() -> None:
    """Let the traces of pages go whose browser is not connected. What they show is computed again if it comes back."""
    runtime = Runtime.instance()
    for session in _sessions():
        if not runtime.is_active_session(session.page):
            session.forget_traces()
    trim()


def _let_go_oldest() -> bool:
    with _lock:
        for session in _sessions():
            if session.forget_traces():
                return True
    return False


def _sessions() -> list[Session]:
    """The sessions that there still are, the one that was given nothing for longest first."""
    with _lock:
        for key, reference in list(_opened.items()):
            if reference() is None:
                del _opened[key]
        return [session for reference in _opened.values() if (session := reference()) is not None]
