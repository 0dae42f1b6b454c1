"""One way to ask for a trail: of an experiment, or of a layer that somebody holds."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, cast, overload

import keras
import numpy as np

from explorer.core.dependence.rerun import ExperimentRerun, LayerRerun, Rerun
from explorer.core.plain import plain
from explorer.experiment import Experiment
from explorer.model.dependence import Trail
from explorer.model.problem import Problem

Answer = Callable[[Rerun, str, tuple[int, ...]], Trail]


class Asked(Protocol):
    """A trail of an experiment's cell, or of a live layer's."""

    @overload
    def __call__(
        self,
        experiment: Experiment,
        tensor_id: str,
        index: Sequence[int],
        attachments: Mapping[str, np.ndarray] | None = None,
        /,
    ) -> Trail: ...

    @overload
    def __call__(
        self, layer: keras.layers.Layer, inputs: Sequence[Any], tensor_id: str, index: Sequence[int], /, *,
        training: bool | None = None, mask: Any = None, **keywords: Any,
    ) -> Trail: ...  # fmt: skip


def asked(answer: Answer) -> Asked:
    """Let a function that works on a `Rerun` be asked with an experiment, or with a layer and its inputs.

    The layer is left as it was: its weights, states, plain attributes and generators of random numbers. Whatever is
    raised within is a Problem.
    """

    @functools.wraps(answer)
    def ask(subject: Any, *arguments: Any, **call: Any) -> Trail:
        if isinstance(subject, Experiment):
            tensor_id, index, *attachments = arguments
            rerun: Rerun = ExperimentRerun(subject, *attachments)
        elif isinstance(subject, keras.layers.Layer):
            inputs, tensor_id, index = arguments
            rerun = LayerRerun(subject, inputs, call.pop("training", None), call.pop("mask", None), call)
        else:
            raise TypeError(f"Expected an Experiment or a layer. Received: {type(subject).__name__}")
        try:
            return answer(rerun, tensor_id, tuple(int(place) for place in index))
        except Problem:
            raise
        except Exception as error:
            detail = f"{type(error).__name__}: {plain(str(error))}"
            raise Problem("This cell could not be followed.", detail=detail) from error
        finally:
            rerun.leave()

    del ask.__wrapped__  # its signature is not the one to show
    return cast(Asked, ask)
