"""Each test leaves no text behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from explorer.core.own_code.loading import forget


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    forget()
