"""Put an exception, or the name of a mistake, into a verdict: the cause, the line, the fix."""

from __future__ import annotations

from typing import Any

from explorer.core.doctor.blame import error_place
from explorer.core.mistakes import Diagnosis, diagnose, suspects
from explorer.core.plain import plain, shortened
from explorer.core.tracing.failure import Failure
from explorer.model.fix import Fix, SourceLine
from explorer.model.machine import MachineAtFault, machine_fault
from explorer.model.trace import Message

MOST = 4000
"""An original message is kept with at most so many characters."""


def told(error: BaseException, layer: Any, context: str = "") -> dict[str, Any]:
    """What to say of an exception: the fields of a verdict, but for its outcome.

    Args:
        error: as it was caught.
        layer: the layer, or its class, or what should have made it.
        context: what the message may lack, such as the shapes of the inputs.
    Raises:
        MachineAtFault: if the exception says nothing of the layer, because the machine is behind it.
    """
    fault = machine_fault(error)
    if fault is not None:
        raise MachineAtFault(fault) from error
    known = layer if isinstance(layer, type) else type(layer)
    detail = shortened(plain(f"{type(error).__name__}: {error}"), MOST)
    diagnosis = diagnose(error, layer, context=context)
    if diagnosis is None:
        line = Failure(None, None, None, (), {}, error).text  # type: ignore[arg-type]
        return {"seen": Message("{error}", {"error": line}), "place": error_place(error, known), "detail": detail}
    place = diagnosis.place or error_place(error, known)
    return {
        "seen": _cause(diagnosis),
        "mistake": diagnosis.id,
        "place": place,
        "fix": next(iter(diagnosis.fixes), None),
        "detail": detail,
    }


def suspected(layer_class: type, mistake: str) -> dict[str, Any]:
    """The line and the fix of a mistake that a check has proved, as the source of the class tells them."""
    for diagnosis in suspects(layer_class):
        if diagnosis.id == mistake:
            return {"place": diagnosis.place, "fix": next(iter(diagnosis.fixes), None)}
    return {}


def from_source(layer_class: type) -> list[tuple[str, Message, SourceLine | None, Fix | None]]:
    """All that the source of a class alone makes suspicious: mistake, cause, line, fix."""
    return [(d.id, _cause(d), d.place, next(iter(d.fixes), None)) for d in suspects(layer_class)]


def _cause(diagnosis: Diagnosis) -> Message:
    if diagnosis.expected and diagnosis.received:
        return Message(
            "{cause} Expected: {expected}. Received: {received}.",
            {"cause": diagnosis.cause, "expected": diagnosis.expected, "received": diagnosis.received},
        )
    return diagnosis.cause
