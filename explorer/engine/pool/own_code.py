"""Whether a visitor's code is run here, and how: what the operator decided, and what the machine allows."""

from __future__ import annotations

import os

from explorer.engine.memory import MIB
from explorer.engine.processes import walls
from explorer.engine.regime import Regime, Walls
from explorer.model.trace import Message
from explorer.settings import TRUST_VARIABLE, settings

MAX_MESSAGE = 72 * MIB
"""The longest message that a run may send: the largest trace that is shown, and what goes with it."""
MAX_HEADER = 2 * MIB
"""How many bytes of it may be text: read, it becomes up to 50 MiB of the web process."""
TRUSTED = Message("Code that is typed here runs with your own rights on this computer, without walls around it.")
_FAILED = Message("Code of your own cannot be run here: a process with all walls around it could not be started.")
_OFF = Message("Whoever runs this server has switched off code of your own.")


def regime(trusted: bool) -> Regime:
    """How a visitor's code is run."""
    own = settings().own_code
    return Regime(
        walls=Walls.NONE if trusted else Walls.ALL,
        single_use=True,
        seconds=own.seconds,
        waiting=own.waiting,
        waiting_of_one=own.waiting_of_one,
        message=MAX_MESSAGE,
        header=MAX_HEADER,
    )


def is_trusted(on_loopback: bool) -> bool:
    """Whether code runs without walls, given whether the server can only be reached from its own machine."""
    return on_loopback and settings().own_code.mode == "trusted" and bool(os.environ.get(TRUST_VARIABLE))


def refusal(trusted: bool, failed: bool) -> Message | None:
    """Why no visitor's code is run here; None if it is.

    Args:
        trusted: whether it needs no walls.
        failed: whether the engine for it was started, and could not be.
    """
    if settings().own_code.mode == "off":
        return _OFF
    if not trusted and (missing := walls.absent()):
        return missing
    return _FAILED if failed else None
