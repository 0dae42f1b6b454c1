"""What a layer's author tells the doctor not to count: on the line of the class, on another line, by the caller."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from explorer.core.doctor import examine
from explorer.testing import assert_healthy

X = np.array([[1, 2, 3]], "float32")
SELECT = ("finite", "finite_gradients", "ignore_comments")


class Plain(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return x / ops.sqrt(ops.sum(x * x, axis=-1, keepdims=True))


class Whole(keras.layers.Layer):  # layer-explorer: ignore[finite, finite_gradients] rows are never zero here
    def call(self, x: Any) -> Any:
        return x / ops.sqrt(ops.sum(x * x, axis=-1, keepdims=True))


class OneLine(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        norm = ops.sqrt(ops.sum(x * x, axis=-1, keepdims=True))
        return x / norm  # layer-explorer: ignore[finite]: rows are never zero here


class AnotherLine(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        norm = ops.sum(x * x, axis=-1, keepdims=True)  # layer-explorer: ignore[finite] rows are never zero here
        return x / ops.sqrt(norm)


class NoReason(keras.layers.Layer):  # layer-explorer: ignore[finite]
    def call(self, x: Any) -> Any:
        return x / ops.sqrt(ops.sum(x * x, axis=-1, keepdims=True))


class NoSuchCheck(keras.layers.Layer):  # layer-explorer: ignore[finit] rows are never zero here
    def call(self, x: Any) -> Any:
        return x / ops.sqrt(ops.sum(x * x, axis=-1, keepdims=True))


class InAText(keras.layers.Layer):
    """# layer-explorer: ignore[finite] this is no comment"""

    def call(self, x: Any) -> Any:
        return x / ops.sqrt(ops.sum(x * x, axis=-1, keepdims=True))


class Child(Whole):
    pass


def outcomes(layer: Any, **options: Any) -> dict[str, str]:
    report = examine(layer(), [X], select=SELECT, **options)
    return {finding.check: finding.outcome for finding in report.findings if finding.check in SELECT}


@pytest.mark.parametrize(
    ("layer", "finite", "comments"),
    [
        (Plain, "advice", "not applicable"),
        (Whole, "ignored", "passed"),
        (Child, "ignored", "passed"),
        (OneLine, "ignored", "passed"),
        (AnotherLine, "advice", "passed"),
        (NoReason, "advice", "advice"),
        (NoSuchCheck, "advice", "advice"),
        (InAText, "advice", "not applicable"),
    ],
)
def test_a_comment_with_a_reason_keeps_a_finding_from_counting(layer: Any, finite: str, comments: str) -> None:
    found = outcomes(layer)
    assert (found["finite"], found["ignore_comments"]) == (finite, comments)


def test_what_is_ignored_keeps_its_reason_and_its_counterexample() -> None:
    (finding,) = [one for one in examine(Whole(), [X], select=SELECT).findings if one.check == "finite"]
    assert finding.reason == "rows are never zero here" and finding.counterexample is not None


def test_the_caller_ignores_by_id() -> None:
    assert outcomes(Plain, ignore=("finite",)) == {**outcomes(Plain), "finite": "ignored"}
    with pytest.raises(KeyError, match="finit"):
        examine(Plain(), [X], ignore=("finit",))


def test_a_test_of_a_layer_ignores_what_it_says() -> None:
    with pytest.raises(AssertionError, match=r"\[finite, not_finite\]"):
        assert_healthy(Plain, [X], advice=True)
    ignored = ("finite", "finite_gradients")
    report = assert_healthy(Plain, [X], ignore=ignored)
    assert {one.check for one in report.findings if one.outcome == "ignored"} == {"finite"}


def test_what_passes_is_not_ignored() -> None:
    report = examine(keras.layers.Dense(2), [X], select=("finite",), ignore=("finite",))
    assert {one.outcome for one in report.findings} == {"passed"}


def test_another_seed_is_another_examination_and_the_same_seed_the_same() -> None:
    drawn: list[float] = []

    class Noise(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            y = x + keras.random.normal(ops.shape(x))
            drawn.append(float(ops.sum(y)))
            return y

    def first(seed: int) -> float:
        drawn.clear()
        examine(Noise, [X], select=("call",), seed=seed)
        return drawn[0]

    assert first(1) == first(1) != first(2)
