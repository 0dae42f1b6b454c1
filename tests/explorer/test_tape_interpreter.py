"""The tape's interpreter in the browser: programs written by hand, against plain loops and central differences."""

from __future__ import annotations

from pathlib import Path

import pytest
from node_tests import assert_passes

MODULES = Path(__file__).parent / "stage" / "js" / "tape"


@pytest.mark.parametrize("path", sorted(MODULES.glob("*.test.mjs")), ids=lambda path: path.name)
def test_a_tape_computes_what_its_program_says(path: Path) -> None:
    assert_passes(path)
