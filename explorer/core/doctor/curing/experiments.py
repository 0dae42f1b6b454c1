"""The search for a cure on an experiment's layer, whose code a reader has typed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from explorer.core.build import build_layer
from explorer.core.doctor.curing.proving import Bench, Side, search
from explorer.core.under_test import LayerUnderTest
from explorer.experiment import Experiment
from explorer.model.cure import Search
from explorer.model.problem import Problem


def bench_of(experiment: Experiment, attachments: Mapping[str, np.ndarray] | None = None) -> Bench:
    """What changes of an experiment's code are tried on: its layer, called on its inputs.

    Raises:
        Problem: if the code, or the layer, cannot be made.
    """
    alone = experiment.change(then=(), trainable=True)
    arguments, keywords = LayerUnderTest(alone, attachments).arranged()

    def make(code: str) -> tuple[type, Callable[[], Any]]:
        card = LayerUnderTest(alone.change(code=code), attachments).card
        return card.layer_class, lambda: build_layer(card, experiment.params, experiment.dtype)

    return Bench(experiment.code, make, arguments, keywords)


def cure_of(
    experiment: Experiment,
    attachments: Mapping[str, np.ndarray],
    check: str,
    number: int,
    seconds: float = math.inf,
    so_far: Callable[[Search], None] | None = None,
) -> Search:
    """Look for a cure of one of the findings of an experiment's layer.

    Args:
        experiment: whose code is to be cured.
        attachments: arrays of uploaded files by content hash.
        check: the id of the check.
        number: which of its findings that might be cured.
        seconds: after so many no further change is tried.
        so_far: is given before each change the search as it would be if that change never ended.
    Raises:
        Problem: if there is no such finding.
    """
    bench = bench_of(experiment, attachments)
    report = Side(bench).report()
    findings = [finding for finding in report.findings if finding.check == check and finding.curable]
    if not 0 <= number < len(findings):
        raise Problem("The examination does not find this any more.", received=check, where="code")
    return search(bench, report, findings[number], seconds, so_far)[0]
