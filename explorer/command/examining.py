"""The process that examines: it runs the caller's file, and may be ended by it at any moment.

    python -c "... main()" '{"parent": pid, "channel": descriptor, "path": [...], "request": {...}}'

It says on the channel which checks there are, then before each check what was found until then, and at last the
report, with the changes of the file that cure the layer. Whoever reads it believes nothing but a whole report. A layer
that looks for the channel in order to write a false report there can do so: the process is a wall against accidents,
not against deceit.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import sys
from collections.abc import Callable
from typing import Any

from explorer.command.loading import NotLoaded, layer_class, source_of
from explorer.command.request import NotExamined, Request
from explorer.command.values import BadValue, arrays, construction
from explorer.engine import configuration, process
from explorer.engine.memory import MIB, shares
from explorer.engine.transport.channel import Kind, frame, json_frame, write
from explorer.model.cure import Treatment
from explorer.model.report import Report

SEARCHING = 0.5
"""After this share of the time that an examination may take, no further change is tried."""
Send = Callable[[Kind, Any], None]
_OTHER_PROCESS = 4096 * MIB
"""The address space of a process that imports TensorFlow and another backend. It inherits the limit of this one."""


def main() -> None:
    """Examine what the command line says, and leave at once: threads of the layer are not waited for."""
    settings = json.loads(sys.argv[1])
    process.die_with(settings["parent"])
    configuration.adopt()  # before the layer's file, which imports Keras
    with process.importing():
        importlib.import_module("explorer.core.doctor")
    process.limit_memory(shares().worker + (_OTHER_PROCESS if settings["request"]["backend"] else 0))
    channel = socket.socket(fileno=settings["channel"])
    own, leave = os.getpid(), os._exit

    def send(kind: Kind, value: Any) -> None:
        if os.getpid() == own:  # a copy that the layer forked has nothing to say
            write(channel, frame(kind, value.encode()) if isinstance(value, str) else json_frame(kind, value))

    try:
        send(Kind.REPLY, examined(Request(**settings["request"]), send))
    except NotExamined as error:
        send(Kind.PROBLEM, str(error))
    leave(0)


def examined(request: Request, send: Send) -> dict[str, Any]:
    """Load the layer and examine it; look for cures, if they are asked for.

    Args:
        request: what to examine.
        send: is told the ids of the checks, and before each check the report so far.
    Returns:
        A `Treatment`, as JSON.
    Raises:
        NotExamined: if there is nothing to examine.
    """
    from explorer.core.doctor import examine
    from explorer.core.doctor.curing.proving import Bench, treated
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
        rewritable = source_of(make, module) if request.fix else None
    except (BadValue, NotLoaded) as error:
        raise NotExamined(str(error)) from error
    inputs: list[Any] = [positional] if request.as_list else [named] if request.as_dict else list(positional)
    seed = SEED if request.seed is None else request.seed
    report = examine(
        layer,
        inputs,
        None if request.as_dict else named,
        so_far=so_far,
        select=request.select,
        ignore=request.ignore,
        seed=seed,
        backend=request.backend,
    )
    treatment = Treatment(report)
    if rewritable is not None:

        def remade(code: str) -> tuple[type, Callable[[], Any]]:
            known, home = rewritable.executed(code)
            return known, construction(known, request.params, home)

        keywords = None if request.as_dict else named
        bench = Bench(rewritable.code, remade, inputs, keywords, seed, request.ignore)
        try:
            treatment = treated(bench, report, request.seconds * SEARCHING)
        except Exception as error:
            raise NotExamined(f"--fix runs the file again, which fails: {type(error).__name__}: {error}") from error
        finally:
            rewritable.put_back()
    return pack(treatment)[0]
