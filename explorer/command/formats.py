"""A report as programs read it: JSON, annotations of a GitHub workflow, and SARIF 2.1.0 for editors and code scanning.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from explorer.engine.codec import pack
from explorer.model.fix import Fix
from explorer.model.report import Finding, Report

_LEVELS = {"failed": "error", "advice": "warning", "broken": "warning", "undecided": "notice"}
"""GitHub's, of the outcomes that are told."""
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_json(report: Report) -> str:
    """The whole report; of a fix its words, for the change of code in it was not run."""
    words = [one if one.fix is None else dataclasses.replace(one, fix=Fix(one.fix.what)) for one in report.findings]
    return json.dumps(pack(dataclasses.replace(report, findings=tuple(words)))[0], indent=1)


def as_annotations(report: Report) -> str:
    """One workflow command a finding that is not passed, for the log of a GitHub workflow."""
    return "\n".join(_annotations(report))


def _annotations(report: Report) -> Iterator[str]:
    for finding in report.findings:
        if finding.outcome in _LEVELS:
            facts = {"title": f"{report.layer}: {finding.title} [{finding.check}]"}
            if finding.place is not None:
                facts = {"file": _path(finding.place.file), "line": str(finding.place.line), **facts}
            told = ",".join(f"{name}={_escaped(text, ':,')}" for name, text in facts.items())
            yield f"::{_LEVELS[finding.outcome]} {told}::{_escaped(_message(finding))}"
    if report.stopped is not None:
        yield f"::warning title={_escaped(report.layer, ':,')}::{_escaped(str(report.stopped))}"


def _escaped(text: str, more: str = "") -> str:
    """A text that a workflow command can hold."""
    for character in f"%\r\n{more}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def as_sarif(report: Report) -> str:
    """A SARIF log of one run. What is ignored is a suppressed result; what broke is told of the run itself."""
    rules = {finding.check: finding for finding in report.findings}
    results = [_result(report, one) for one in report.findings if one.outcome in ("failed", "advice", "ignored")]
    notes = [_note(str(one.seen), one.check) for one in report.findings if one.outcome in ("broken", "undecided")]
    notes += [_note(str(report.stopped))] if report.stopped is not None else []
    driver = {"name": "Layer Explorer", "rules": [_rule(finding) for _, finding in sorted(rules.items())]}
    invocation = {"executionSuccessful": report.complete, "toolExecutionNotifications": notes}
    run = {"tool": {"driver": driver}, "invocations": [invocation], "results": results}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1)


def _rule(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.check,
        "shortDescription": {"text": str(finding.title)},
        "fullDescription": {"text": f"{finding.expected} {finding.why}"},
    }


def _result(report: Report, finding: Finding) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ruleId": finding.check,
        "level": "error" if finding.outcome == "failed" else "warning",
        "message": {"text": f"{report.layer}: {_message(finding)}"},
        "partialFingerprints": {"finding/v1": _fingerprint(report, finding)},
    }
    if finding.place is not None:
        region = {"startLine": finding.place.line, "snippet": {"text": finding.place.text}}
        artifact = {"uri": _path(finding.place.file)}
        found["locations"] = [{"physicalLocation": {"artifactLocation": artifact, "region": region}}]
    if finding.outcome == "ignored":
        why = {"kind": "inSource", "justification": finding.reason} if finding.reason else {"kind": "external"}
        found["suppressions"] = [why]
    return found


def _note(text: str, check: str = "") -> dict[str, Any]:
    rule = {"associatedRule": {"id": check}} if check else {}
    return {"level": "warning", "message": {"text": text}, **rule}


def _fingerprint(report: Report, finding: Finding) -> str:
    """The same for the same finding after lines were added above it."""
    line = finding.place.text if finding.place is not None else ""
    parts = (report.layer, finding.check, finding.mistake, line)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _message(finding: Finding) -> str:
    told = [f"{finding.title}.", str(finding.seen), str(finding.why)]
    told += [f"{finding.fix.what}"] if finding.fix is not None else []
    return " ".join(text for text in told if text)


def _path(file: str) -> str:
    """A file as those who read the report name it: from the current folder, if it is there."""
    path = Path(file)
    return (path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path).as_posix()


FORMATS: Mapping[str, Callable[[Report], str]] = {"json": as_json, "github": as_annotations, "sarif": as_sarif}
"""How a report is printed for programs, by the name of the format."""
