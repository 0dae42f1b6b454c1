"""What is found in a text."""

from __future__ import annotations

from explorer.model.answers import CodeFinding
from explorer.model.fix import Fix


def findings(code: str) -> tuple[CodeFinding, ...]:
    """What is old in a text."""
    return ()


def fixes(code: str) -> tuple[Fix, ...]:
    """The changes that these findings propose, each once."""
    return ()
