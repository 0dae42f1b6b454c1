"""Call the layer under examination on chosen inputs: outputs, gradients, losses and masks of each call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.arrays import named_variables, to_array
from explorer.core.calling import ensure_built
from explorer.core.doctor.compare import is_floating
from explorer.core.doctor.hunting.case import Case
from explorer.core.doctor.isolation import current_seed, reseed
from explorer.core.doctor.patient import takes
from explorer.core.doctor.registry import NotApplicable
from explorer.core.doctor.replica import replica
from explorer.core.doctor.samples import like
from explorer.core.keras_private import mask_of, set_mask
from explorer.core.names import reset_names
from explorer.model.counterexample import TOLERANCE, Cell, Claim, Counterexample, Given
from explorer.model.trace import Message

MOST_VALUES = 400
"""Larger tensors are not told cell by cell: there is no counterexample then, only what was seen."""
MOST_CELLS = 2**16
"""Layers with larger inputs are not hunted: each call would take as long as all other checks."""


@dataclass(eq=False)
class Seen:
    """What one call gave.

    Attributes:
        outputs: the flat outputs, as arrays.
        masks: for each of them its mask, or None.
        gradients: of inputs ("x0") and weights, by name; None where none arrived. Empty if nobody asked.
        losses: the sum of what the layer added.
    """

    outputs: list[np.ndarray]
    masks: list[np.ndarray | None]
    gradients: dict[str, np.ndarray | None] = field(default_factory=dict)
    losses: float = 0.0

    @property
    def finite(self) -> bool:
        """Whether every floating-point output is."""
        return all(np.isfinite(y).all() for y in self.outputs if y.dtype.kind in "fc")

    @property
    def finite_gradients(self) -> bool:
        """Whether every gradient is."""
        return all(g is None or np.isfinite(g).all() for g in self.gradients.values())


class Trials:
    """Runs cases on copies of the patient's layer: one copy for each kind of shapes, always with the same weights.

    Args:
        patient: whose layer and inputs to take.
        any_batch: whether it need not take batches of other sizes.
        twins: whether each copy is a fresh twin, with weights of its own, also if the layer was built before.

    Attributes:
        ranges: the smallest and the largest finite number of each given input; zeros if it has none.
        takes_training: whether the call has that flag.

    Raises:
        NotApplicable: if its inputs are not arrays of numbers, or very large ones.
    """

    def __init__(self, patient: Any, any_batch: bool = False, twins: bool = False) -> None:
        self.patient, self._twins = patient, twins
        tensors = patient.tensors
        plain = all(
            isinstance(x, tf.Tensor) and (is_floating(x) or x.dtype.is_integer or x.dtype.is_bool) for x in tensors
        )
        if not tensors or not plain or not (patient.batching.known or any_batch) or patient.batching.added:
            raise NotApplicable(Message("Its inputs are not batches of numbers."))
        if patient.batching.nodes is not None or patient.batching.unit > 1:
            raise NotApplicable(Message("The rows of its inputs are no samples."))
        if sum(int(np.prod(x.shape)) for x in tensors) > MOST_CELLS:
            raise NotApplicable(Message("Its inputs are too large to be tried again and again."))
        self._layers: dict[Any, tuple[Any, list[np.ndarray]]] = {}
        given = [to_array(x) for x in tensors]
        finite = [x[np.isfinite(x)] for x in given]
        self.ranges = [(float(x.min()), float(x.max())) if x.size else (0.0, 0.0) for x in finite]
        self.takes_training = takes(patient.subject, "training")

    def base(self, rows: int = 2, seed: int = 0) -> Case:
        """Random inputs like the given ones, in a batch of so many; none beyond the range of the given numbers."""
        arrays = [to_array(x) for x in self.patient.batch(rows, seed)]
        return Case(
            tuple(
                np.clip(x, low, high).astype(x.dtype) if x.dtype.kind == "f" and low < high else x
                for x, (low, high) in zip(arrays, self.ranges, strict=True)
            )
        )

    def floats(self, case: Case) -> list[int]:
        """The places of the floating-point arrays."""
        return [i for i, array in enumerate(case.arrays) if array.dtype.kind == "f"]

    def steps(self, case: Case) -> list[int]:
        """The places of the arrays that have an axis of steps: (batch, time, ...) of numbers, (batch, time) of ids."""
        return [
            i
            for i, array in enumerate(case.arrays)
            if array.ndim >= 2 + (array.dtype.kind == "f") and self.patient.batching.axes[i] == 0
        ]

    def layer(self, case: Case) -> Any:
        """A copy that was built for inputs of these shapes, as it was before its first call.

        Raises:
            Exception: whatever making or calling it raises.
        """
        key = tuple(shape[1:] for shape in case.shapes), tuple(m is not None for m in case.masks)
        if key not in self._layers:
            given = self.patient.given
            built = given is not None and (given.built or given.variables) and not self._twins
            made = replica(given) if built else self.patient.twin()
            reseed()
            arguments, keywords = self.patient.arranged(self.tensors(case), made, case.training)
            ensure_built(made, arguments, keywords)
            new = {id(variable): to_array(variable) for variable in made.variables}
            self._call(made, case)  # it may refuse the case, or make further variables
            self._layers[key] = made, [new.get(id(v), to_array(v)) for v in made.variables]
        made, values = self._layers[key]
        self.patient.restored(made, values)
        return made

    def see(self, case: Case, gradients: bool = False, layer: Any = None) -> Seen:
        """Call the layer.

        Args:
            case: the inputs.
            gradients: whether to differentiate the sum of its outputs, each with a factor of its own.
            layer: another one than that which was built for these shapes.
        Raises:
            Exception: whatever making or calling it raises.
        """
        layer = self.layer(case) if layer is None else layer
        reseed()
        if not gradients:
            return _seen(layer, self._call(layer, case))
        tensors = self.tensors(case)
        sources = {f"x{i}": x for i, x in enumerate(tensors) if x.dtype.is_floating}
        sources |= {name: v.value for name, v in named_variables(layer, layer.trainable_variables).items()}
        with tf.GradientTape() as tape:
            tape.watch([x for x in tensors if x.dtype.is_floating])
            outputs = self._call(layer, case, tensors)
            total = weighted_sum(outputs)
        found = _seen(layer, outputs)
        made = tape.gradient(total, list(sources.values())) if total is not None else [None] * len(sources)
        found.gradients = {n: None if g is None else to_array(g) for n, g in zip(sources, made, strict=True)}
        return found

    def in_float64(self, case: Case) -> list[np.ndarray]:
        """The outputs of a twin with the same weights that computes in float64; none if it cannot be made."""
        usual = keras.config.dtype_policy()
        keras.config.set_dtype_policy("float64")  # parts that the layer itself makes take the policy of the program
        try:
            layer = self.layer(case)
            reset_names()
            twin = type(layer).from_config({**layer.get_config(), "dtype": "float64"})
            wide = [x.astype("float64") if x.dtype.kind == "f" else x for x in case.arrays]
            arguments, keywords = self.patient.arranged([tf.constant(x) for x in wide], twin, case.training)
            twin(*arguments, **keywords)
            self.patient.restored(twin, [to_array(v) for v in layer.variables])
            reseed()
            outputs = [y for y in keras.tree.flatten(twin(*arguments, **keywords)) if y is not None]
            return [to_array(y) for y in outputs if y.dtype == tf.float64]
        except Exception:
            return []
        finally:
            keras.config.set_dtype_policy(usual)

    def tensors(self, case: Case) -> list[Any]:
        """The case as tensors, with their masks attached."""
        made = [like(array, x) for array, x in zip(case.arrays, self.patient.tensors, strict=True)]
        made = [tf.identity(x) for x in made]
        for tensor, mask in zip(made, case.masks, strict=True):
            if mask is not None:
                set_mask(tensor, tf.constant(mask))
        return made

    def _call(self, layer: Any, case: Case, tensors: Sequence[Any] | None = None) -> list[Any]:
        arguments, keywords = self.patient.arranged(tensors or self.tensors(case), layer, case.training)
        return [y for y in keras.tree.flatten(layer(*arguments, **keywords)) if y is not None]

    def told(self, claim: Claim, shows: Message, cases: Sequence[Case], cells: Sequence[Cell] = ()) -> Any:
        """A counterexample out of cases; None if they are too large to be told, or its test would pass all the same."""
        if any(array.size > MOST_VALUES for case in cases for array in case.arrays):
            return None
        if claim == "equal":
            one, other = (
                self.see(case).outputs[cell.output][cell.index] for case, cell in zip(cases, cells, strict=True)
            )
            if np.isclose(one, other, **TOLERANCE, equal_nan=True):
                return None
        dtypes = [x.dtype.name for x in self.patient.tensors]
        calls = tuple(tuple(map(_given, dtypes, case.arrays, case.masks)) for case in cases)
        training = cases[0].training if self.takes_training else None
        return Counterexample(claim, shows, calls, self.patient.written(), tuple(cells), training, current_seed())


def _given(dtype: str, array: np.ndarray, mask: np.ndarray | None) -> Given:
    kept = None if mask is None else tuple(bool(cell) for cell in mask.ravel())
    return Given(dtype, array.shape, tuple(float(cell) for cell in array.ravel()), kept)


def weighted_sum(outputs: Sequence[Any]) -> Any:
    """A number that depends on every floating-point cell of outputs; None if there is none."""
    floats = [y for y in outputs if isinstance(y, tf.Tensor) and y.dtype.is_floating]
    if not floats:
        return None
    return tf.add_n([tf.reduce_sum(tf.cast(y, "float32") * tf.cast(_factors(y), "float32")) for y in floats])


def _factors(output: Any) -> np.ndarray:
    """A factor for every cell, none of them zero, so that no gradient cancels."""
    return 0.5 + np.random.default_rng(3).random(tuple(output.shape))


def _seen(layer: Any, outputs: Sequence[Any]) -> Seen:
    masks = [mask_of(y) for y in outputs]
    losses = sum(float(tf.reduce_sum(tf.cast(loss, "float64"))) for loss in layer.losses)
    return Seen([to_array(y) for y in outputs], [None if m is None else to_array(m) for m in masks], losses=losses)
