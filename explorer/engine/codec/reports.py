"""Reports of the doctor as JSON, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explorer.engine.codec.reading import items, mapping, number, optional, readable, text, texts, whole
from explorer.engine.codec.simple import message_from_json, message_to_json
from explorer.engine.transport.wire import BadMessage
from explorer.model.report import OUTCOMES, Finding, Mend, Place, Report

_MESSAGES = ("title", "tried", "expected", "seen", "why")
_TEXTS = ("check", "outcome", "mistake", "detail")


def report_to_meta(report: Report) -> dict[str, Any]:
    """A report as JSON."""
    return {
        "layer": report.layer,
        "inputs": list(report.inputs),
        "seconds": float(report.seconds),
        "stopped": None if report.stopped is None else message_to_json(report.stopped),
        "findings": [_finding_to_json(finding) for finding in report.findings],
    }


@readable
def report_from_meta(meta: Mapping[str, Any]) -> Report:
    """The report that `report_to_meta` wrote.

    Raises:
        BadMessage: if it is not one.
    """
    return Report(
        text(meta["layer"]),
        texts(meta["inputs"]),
        tuple(_finding(value) for value in items(meta["findings"])),
        number(meta["seconds"]),
        optional(message_from_json, meta["stopped"]),
    )


def _finding_to_json(finding: Finding) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(finding, name) for name in _TEXTS}
    found |= {name: message_to_json(getattr(finding, name)) for name in _MESSAGES}
    place, mend = finding.place, finding.mend
    found["place"] = None if place is None else [place.file, int(place.line), place.text]
    found["mend"] = None if mend is None else [message_to_json(mend.what), mend.before, mend.after]
    return found


def _finding(value: Any) -> Finding:
    facts = mapping(value)
    if text(facts["outcome"]) not in OUTCOMES:
        raise BadMessage("A finding has one of the known outcomes.")
    words: dict[str, Any] = {name: text(facts[name]) for name in _TEXTS}
    messages: dict[str, Any] = {name: message_from_json(facts[name]) for name in _MESSAGES}
    return Finding(**words, **messages, place=optional(_place, facts["place"]), mend=optional(_mend, facts["mend"]))


def _place(value: Any) -> Place:
    file, line, words = items(value)
    return Place(text(file), whole(line), text(words))


def _mend(value: Any) -> Mend:
    what, before, after = items(value)
    return Mend(message_from_json(what), text(before), text(after))
