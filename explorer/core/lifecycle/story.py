"""The whole life of an experiment's layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from explorer.core.lifecycle import later  # noqa: F401 - they hold the moments
from explorer.core.lifecycle.moments import Living, entries, lived
from explorer.core.lifecycle.subject import Subject
from explorer.core.lifecycle.typed import filled, words
from explorer.core.lifecycle.ways import ways
from explorer.experiment import Experiment
from explorer.model.lifecycle import Life


def life(experiment: Experiment, attachments: Mapping[str, np.ndarray] | None = None) -> Life:
    """Let a layer live: constructor, first call, declared shape, other sizes, a symbolic call, saving and loading.

    Args:
        experiment: whose first layer lives; the layers that follow in a chain do not take part.
        attachments: arrays of uploaded files by content hash.
    Raises:
        Problem: if there is no such layer, or its constructor or its inputs are refused.
    """
    subject = Subject(experiment, attachments)
    subject.make()  # a refusal of the constructor is the whole page's problem, not a moment
    living = Living(subject)
    told = words(subject)
    blanks = [(entry, replace(entry.blank, code=filled(entry.blank.code, told))) for entry in entries()]
    moments = tuple(lived(living, entry, blank) for entry, blank in blanks)
    found = tuple(replace(way, code=filled(way.code, told)) for way in ways(living))
    name = "KerasTensor" if subject.card.symbolic else type(living.layer).__name__
    return Life(name, moments, found)
