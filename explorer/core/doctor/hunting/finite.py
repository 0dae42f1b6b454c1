"""The hunt for NaN and infinity: ordinary and extreme numbers, in the outputs and in the gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explorer.core.doctor.hunting.case import Case
from explorer.core.doctor.hunting.trials import Seen, Trials
from explorer.core.rounding import LARGEST
from explorer.model.trace import Message

LARGE = 1e4


@dataclass(frozen=True, eq=False)
class Variation:
    """Chosen inputs.

    Attributes:
        name: what a reader calls them.
        case: themselves.
        ordinary: whether every number lies between the smallest and the largest of the given inputs.
    """

    name: Message
    case: Case
    ordinary: bool


@dataclass(frozen=True, eq=False)
class Found:
    """Inputs that break it.

    Attributes:
        variation: the inputs as they were chosen.
        seen: what the layer gave for them.
        breaks: whether other inputs break it in the same way.
    """

    variation: Variation
    seen: Seen
    breaks: Callable[[Case], bool]


@dataclass(frozen=True, eq=False)
class Hunt:
    """What came of it: the first inputs for which an output is not finite, the first for which a gradient is not."""

    tried: int
    output: Found | None
    gradient: Found | None


def hunt_of(patient: Any) -> Hunt:
    """The hunt on a patient's layer, made once.

    Raises:
        NotApplicable: if its inputs are not batches of numbers.
    """
    if "finite" not in patient.hunts:
        patient.hunts["finite"] = _hunted(Trials(patient))
    found: Hunt = patient.hunts["finite"]
    return found


def _hunted(trials: Trials) -> Hunt:
    output: Found | None = None
    gradient: Found | None = None
    tried = 0
    for variation in variations(trials):
        if output is not None and gradient is not None:
            break
        try:
            seen = trials.see(variation.case, gradients=True)
        except Exception:
            continue
        tried += 1
        if not seen.finite:
            nan = any_nan(seen)
            if output is None and (nan or variation.ordinary or _fits(trials, variation.case)):
                output = Found(variation, seen, _breaks(trials, nan))
        elif gradient is None and not seen.finite_gradients:
            gradient = Found(variation, seen, lambda case: _breaks_backwards(trials, case))
    return Hunt(tried, output, gradient)


def _fits(trials: Trials, case: Case) -> bool:
    """Whether the same layer in float64 gives numbers that the outputs' dtype holds: the overflow was on the way."""
    outputs = trials.in_float64(case)
    largest = min(LARGEST.get(y.dtype.name, np.inf) for y in trials.see(case).outputs)
    return bool(outputs) and all(bool((np.abs(y) < largest).all()) for y in outputs)


def any_nan(seen: Seen) -> bool:
    """Whether an output holds a NaN."""
    return any(bool(np.isnan(y).any()) for y in seen.outputs if y.dtype.kind == "f")


def _breaks(trials: Trials, nan: bool) -> Callable[[Case], bool]:
    def breaks(case: Case) -> bool:
        try:
            outputs = trials.see(case).outputs
        except Exception:
            return False
        return any((np.isnan(y) if nan else ~np.isfinite(y)).any() for y in outputs if y.dtype.kind == "f")

    return breaks


def _breaks_backwards(trials: Trials, case: Case) -> bool:
    try:
        seen = trials.see(case, gradients=True)
    except Exception:
        return False
    return seen.finite and not seen.finite_gradients


def variations(trials: Trials) -> Iterator[Variation]:
    """Chosen numbers for the floating-point inputs, ordinary ones first. One without negative numbers gets none."""
    base = trials.base()
    floats = trials.floats(base)
    if not floats:
        return
    ranges = {i: trials.ranges[i] for i in floats}

    def of(name: Message, make: Callable[[np.ndarray], np.ndarray], training: bool = False) -> Variation:
        case, ordinary = replace(base, training=training), True
        for position, (low, high) in ranges.items():
            array = base.arrays[position]
            made = np.asarray(make(array)).astype(array.dtype)
            made = np.abs(made) if low >= 0 else made
            case = case.with_array(position, made)
            ordinary = ordinary and bool(((low <= made) & (made <= high)).all())
        return Variation(name, case, ordinary)

    middle = np.mean([(low + high) / 2 for low, high in ranges.values()]) or 0.5
    yield of(Message("all zeros"), np.zeros_like)
    yield of(Message("all ones"), np.ones_like)
    yield of(Message("equal numbers"), lambda x: np.full_like(x, middle))
    yield of(Message("equal steps"), lambda x: np.broadcast_to(x[:, :1], x.shape) if x.ndim > 1 else x)
    yield of(Message("equal samples"), lambda x: np.broadcast_to(x[:1], x.shape) if x.ndim else x)
    yield of(Message("the smallest numbers"), lambda x: np.full_like(x, _tiny(x)))
    yield of(Message("negative numbers"), lambda x: -np.abs(x))
    yield of(Message("positive numbers"), np.abs)
    for position in floats[:3] if len(floats) > 1 else ():
        low, high = ranges[position]
        zero = base.with_array(position, np.zeros_like(base.arrays[position]))
        yield Variation(Message("one input of zeros"), zero, low <= 0 <= high)
    if trials.takes_training:
        yield of(Message("all zeros in training"), np.zeros_like, training=True)
        yield of(Message("equal numbers in training"), lambda x: np.full_like(x, middle), training=True)
    if any(low < 0 or high > 1 for low, high in ranges.values()):
        yield of(Message("large numbers"), lambda x: x * _large(x, 100.0))
        yield of(Message("very large numbers"), lambda x: x * _large(x, LARGE))


def _tiny(array: np.ndarray) -> float:
    return float(np.finfo(array.dtype).tiny)


def _large(array: np.ndarray, factor: float) -> float:
    """A factor that keeps the squares of the numbers far below the largest number of their dtype."""
    largest = LARGEST.get(array.dtype.name, 1e300)
    return min(factor, float(np.sqrt(largest)) / 64 / max(1.0, float(np.abs(array).max(initial=0.0))))
