"""The process that examines: it runs the caller's file, and may be ended by it at any moment.

    python -c "... main()" '{"parent": pid, "channel": descriptor, "path": [...], "request": {...}}'

It says on the channel which checks there are, then before each check what was found until then, and at last the
report. Whoever reads it believes nothing but a whole report. A layer that looks for the channel in order to write a
false report there can do so: the process is a wall against accidents, not against deceit.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import sys
from collections.abc import Callable
from typing import Any

from explorer.command.loading import NotLoaded, layer_class
from explorer.command.request import NotExamined, Request
from explorer.command.values import BadValue, arrays, construction
from explorer.engine import configuration, process
from explorer.engine.memory import MIB, shares
from explorer.engine.transport.channel import Kind, frame, json_frame, write
from explorer.model.report import Report

Send = Callable[[Kind, Any], None]
_OTHER_PROCESS = 4096 * MIB
"""The address space of a process that imports TensorFlow and another backend. It inherits the limit of this one."""


def main() -> None:
    """Examine what the command line says, and leave at once: threads of the layer are not waited for."""
    settings = json.loads(sys.argv[1])
    process.die_with(settings["parent"])
    configuration.adopt()  # before the layer's file, which imports Keras
    importlib.import_module("explorer.core.doctor")
    process.limit_memory(shares().worker + (_OTHER_PROCESS if settings["request"]["backend"] else 0))
    channel = socket.socket(fileno=settings["channel"])
    own, leave = os.getpid(), os._exit

    def send(kind: Kind, value: Any) -> None:
        if os.getpid() == own:  # a copy that the layer forked has nothing to say
            write(channel, frame(kind, value.encode()) if isinstance(value, str) else json_frame(kind, value))

    try:
        report = examined(Request(**settings["request"]), send)
        send(Kind.REPLY, report)
    except NotExamined as error:
        send(Kind.PROBLEM, str(error))
    leave(0)


def examined(request: Request, send: Send) -> dict[str, Any]:
    """Load the layer and examine it.

    Args:
        request: what to examine.
        send: is told the ids of the checks, and before each check the report so far.
    Returns:
        The report, as JSON.
    Raises:
        NotExamined: if there is nothing to examine.
    """
    from explorer.core.doctor import examine
    from explorer.core.doctor.isolation import SEED
    from explorer.core.doctor.other_backend import require
    from explorer.core.doctor.registry import checks, chosen, refuse_unknown
    from explorer.engine.codec import pack

    def so_far(report: Report) -> None:
        send(Kind.PARTIAL, pack(report)[0])

    try:
        refuse_unknown((*request.select, *request.ignore))
        if request.backend:
            require(request.backend)
    except (ImportError, ValueError) as error:
        raise NotExamined(str(error)) from error
    except KeyError as error:
        known = ", ".join(sorted(check.id for check in checks(asked=True)))
        raise NotExamined(f"Expected: the id of a check. Received: {error.args[0]}. The checks: {known}") from error
    send(Kind.BEGUN, [check.id for check in chosen(request.select, request.backend)])
    try:
        positional, named = arrays(request.inputs, request.seed or 0)
        make, module = layer_class(request.layer)
        layer = construction(make, request.params, module)
    except (BadValue, NotLoaded) as error:
        raise NotExamined(str(error)) from error
    inputs: list[Any] = [positional] if request.as_list else [named] if request.as_dict else list(positional)
    report = examine(
        layer,
        inputs,
        None if request.as_dict else named,
        so_far=so_far,
        select=request.select,
        ignore=request.ignore,
        seed=SEED if request.seed is None else request.seed,
        backend=request.backend,
    )
    return pack(report)[0]
