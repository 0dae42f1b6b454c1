"""Values in messages are short, however hostile they are."""

from __future__ import annotations

import time
from typing import Any

import pytest

from explorer.model.problem import Problem, brief
from explorer.model.trace import Message


def deep(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value", [deep(100_000), 10**10_000, "x" * 10**7, list(range(10**6)), {"a": deep(500)}], ids=range(5)
)
def test_brief_is_short_and_quick(value: Any) -> None:
    start = time.thread_time()
    assert 0 < len(brief(value)) <= 80
    assert time.thread_time() - start < 0.2


def test_small_values_show_whole() -> None:
    assert brief([1, "a"]) == "[1, 'a']"
    assert brief((1, 2), 4) == "(1, "


def test_a_problem_reads_as_its_sentence() -> None:
    assert str(Problem(Message("{count} cells", {"count": 3}))) == "3 cells"
