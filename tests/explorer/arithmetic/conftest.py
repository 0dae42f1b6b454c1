"""A fault of an explainer is caught and logged, so that no reader meets it: here it fails the test."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


class Faults(logging.Handler):
    """Keeps what was logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record."""
        self.records.append(record)


@pytest.fixture(autouse=True)
def faults() -> Iterator[Faults]:
    """The faults that explainers logged; there may be none at the end of a test."""
    handler = Faults()
    logger = logging.getLogger("explorer.arithmetic")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)
    assert not handler.records, [record.getMessage() for record in handler.records]
