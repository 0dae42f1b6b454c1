"""What the doctor says of a failure: its reason, whole, and a fix that fixes."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from explorer.core.doctor import examine
from explorer.model.report import Report

X = np.ones((2, 4), "float32")


def said(report: Report) -> str:
    told = [finding for finding in report.findings if finding.outcome in ("failed", "advice")]
    return "\n".join(
        f"{one.expected} {one.seen} {one.fix and (str(one.fix.what), one.fix.after)} {one.detail}" for one in told
    )


class ManyWords(keras.layers.Layer):
    def __init__(self, words: Any = tuple(f"a rather long word {k}" for k in range(60)), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if len(words) != 60 or isinstance(words, list):
            raise ValueError("the reason stands at the end: words must be a tuple")
        self.words = words

    def call(self, x: Any) -> Any:
        return x * 2

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "words": list(self.words)}


class Split(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return keras.ops.reshape(x, (-1, x.shape[1] / 2, 2))


class Flat(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return keras.ops.reshape(x, (x.shape[0], -1))


def test_a_config_that_is_refused_gives_its_reason() -> None:
    assert "the reason stands at the end: words must be a tuple" in said(examine(ManyWords(), [X]))


def test_a_fraction_in_a_shape_is_told_as_one() -> None:
    text = said(examine(Split(), [X]))
    assert "//" in text and "does not exist in dtype" not in text


def test_the_mend_of_a_batch_in_a_shape_keeps_one_open_axis() -> None:
    text = said(examine(Flat(), [X]))
    assert "ops.shape(x)[0]" in text and "(-1, -1)" not in text
