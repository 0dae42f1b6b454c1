"""The audit's verdict: "no faults" is said only where somebody was asked and answered."""

from __future__ import annotations

import json

import pytest

from tools.audit import verdict

CLEAN = {"name": "numpy", "version": "2.4", "vulns": []}
FAULTY = {"name": "old", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2", "3"]}]}
SKIPPED = {"name": "own", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("output", "code", "word"),
    [
        (json.dumps({"dependencies": [CLEAN], "fixes": []}), 0, "1 packages audited, 0 known faults"),
        (json.dumps({"dependencies": [CLEAN, SKIPPED]}), 0, "own: not audited"),
        (json.dumps({"dependencies": [CLEAN, FAULTY]}), 1, "old 1: CVE-1, mended in 2, 3"),
        (json.dumps({"dependencies": [SKIPPED]}), 2, "no package could be looked up"),
        (json.dumps({"dependencies": []}), 2, "Not audited"),
        (json.dumps({"other": 1}), 2, "nothing is known. the service is out of reach"),
        ("", 2, "nothing is known. the service is out of reach"),
        ("half a rep", 2, "nothing is known"),
    ],
)
def test_verdict(output: str, code: int, word: str) -> None:
    found = verdict(output, "Traceback\nthe service is out of reach\n")
    assert found.code == code
    assert word in found.text
