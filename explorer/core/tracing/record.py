"""Call a layer once and record its inputs, weights, steps and outputs, with the numbers it would have made anyway."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from explorer.core.arrays import as_tensor, named_weights, recorded, to_array, to_tensor
from explorer.core.calling import attach_mask, ensure_built
from explorer.core.keras_private import mask_of
from explorer.core.tracing.failure import Failure
from explorer.core.tracing.freeze import Ledger
from explorer.core.tracing.live_frames import OpenFrame, OpenStep, step_ids
from explorer.core.tracing.recorder import MAX_OPERATIONS, MAX_STEPS, Recorder
from explorer.core.tracing.source_position import Site
from explorer.core.tracing.unrecorded_operands import other_operands
from explorer.model.trace import Message, Trace


def trace_layer(
    layer: keras.layers.Layer,
    inputs: Sequence[Any],
    /,
    training: bool | None = None,
    mask: Any = None,
    *,
    on_failure: Callable[[Trace], None] | None = None,
    **keywords: Any,
) -> Trace:
    """Call a layer and record what happens. The layer's class, module and attributes are left as they were.

    Args:
        layer: any instance; it is built if it was not.
        inputs: the positional arguments of the call, as a list: `[x]`, `[a, b]`, `[[a, b]]` for `Add`.
        training: a keyword of the call; not passed if it is None.
        mask: another one, where the layer's `call` takes it. To any other layer, an array comes as the mask that the
            layer before has attached to the first input.
        on_failure: if the call raises, is given what was recorded until then; the step that failed has an `error`.
        keywords: further keyword arguments of the call.
    Returns:
        A trace whose weights hold their values from before the call; a weight that the call made, its first value.
    Raises:
        Exception: whatever building or calling the layer raises.
    """
    if mask is not None and "mask" in layer.call_signature_parameters:
        keywords, mask = {**keywords, "mask": mask}, None
    return traced(LiveCall(layer, inputs, training, mask, keywords), on_failure)


def traced(live: LiveCall, on_failure: Callable[[Trace], None] | None = None) -> Trace:
    """Let a call happen and tell it.

    Args:
        on_failure: as of `trace_layer`.
    """
    before = {id(variable): (variable, to_array(variable)) for variable in live.layer.weights}
    with _uncollected():
        try:
            live.happen(Recorder(MAX_STEPS))
        except BaseException:  # typed code may raise anything
            if on_failure is not None:
                with contextlib.suppress(Exception):  # the layer's own error is what must be heard
                    on_failure(_told(live, before))
            raise
        return _told(live, before)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Within the block Python does not look for unreachable objects: thousands of steps made it go through all of
    TensorFlow's several times."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _told(live: LiveCall, before: Mapping[int, tuple[Any, np.ndarray]]) -> Trace:
    """What happened, as values."""
    variables, masks = named_weights(live.layer), live.masks()
    ledger = Ledger(live.inputs, variables, live.recorder.held.first)
    for tensor_id, mask in masks.items():
        ledger.name(mask, tensor_id)
    for tensor_id, (tensor, name) in live.others().items():
        ledger.add_other(tensor, tensor_id, name)
    frames = ledger.frames(live.recorder.frames, live.recorder.failure)
    outputs = [
        recorded(ledger.array(y), y, f"output:{i}", "output" if i == 0 else f"output {i}", "output")
        for i, y in enumerate(live.outputs)
    ]
    weights = [
        recorded(
            before[id(variable)][1] if id(variable) in before else ledger.array(variable),
            variable,
            f"weight:{name}",
            name,
            "weight",
            bool(variable.trainable),
        )
        for name, variable in variables.items()
    ]
    return Trace(
        layer=type(live.layer).__name__,
        inputs=tuple(to_tensor(x, f"input:{i}", f"input {i}", "input") for i, x in enumerate(live.inputs)),
        weights=tuple(weights),
        outputs=tuple(outputs),
        mask=tuple(
            to_tensor(mask, tensor_id, "output mask" if ":out:" in tensor_id else "mask", "mask")
            for tensor_id, mask in masks.items()
        ),
        frames=frames,
        others=tuple(ledger.others),
        notes=tuple(_notes(live)),
    )


class LiveCall:
    """One call of a layer: ready to happen, and afterwards its live tensors by the ids that a trace gives them.

    Making one builds the layer if it was not.

    Args:
        layer, inputs, training: as of `trace_layer`.
        mask: the mask that the layer before has attached to the first input, or None.
        keywords: keyword arguments of the call.
    """

    def __init__(
        self,
        layer: keras.layers.Layer,
        inputs: Sequence[Any],
        training: bool | None = None,
        mask: Any = None,
        keywords: Mapping[str, Any] | None = None,
    ) -> None:
        self.layer = layer
        self.recorder = Recorder(0)
        self.outputs: list[Any] = []
        self._others: dict[str, tuple[Any, str]] | None = None
        self._arguments = [keras.tree.map_structure(as_tensor, value) for value in inputs]
        self._keywords = {name: keras.tree.map_structure(as_tensor, v) for name, v in (keywords or {}).items()}
        attach_mask(self._arguments, mask)
        if training is not None:
            self._keywords["training"] = training
        ensure_built(layer, self._arguments, self._keywords)
        self._masks = _tensors(self._keywords.get("mask"))
        others = {name: value for name, value in self._keywords.items() if name != "mask"}
        self.inputs = [*keras.tree.flatten(self._arguments), *_tensors(others)]

    def happen(self, recorder: Recorder | None) -> None:
        """Call the layer with a recorder listening; without one the call has no steps, and is as quick as any."""
        self.recorder, self._others = recorder or Recorder(0), None
        outputs = self._called(self.layer) if recorder is None else self._heard(recorder)
        self.outputs = [y for y in keras.tree.flatten(outputs) if y is not None]

    def _heard(self, recorder: Recorder) -> Any:
        if recorder.watch is not None:
            for tensor in (*self.inputs, *(variable.value for variable in self.layer.weights)):
                recorder.watch(tensor)
        with recorder.listening(self.layer):
            return self._called(recorder.entered(self.layer))

    def _called(self, layer: Any) -> Any:
        return layer(*self._arguments, **self._keywords)

    def masks(self) -> dict[str, Any]:
        """The masks that were given or entered with the first input, and those that left with the outputs."""
        found = {f"mask:in:{position}": mask for position, mask in enumerate(self._masks)}
        for where, tensors in (("in", [] if found else self.inputs[:1]), ("out", self.outputs)):
            for position, tensor in enumerate(tensors):
                mask = mask_of(tensor) if tensor is not None else None
                if mask is not None:
                    found[f"mask:{where}:{position}"] = mask
        return found

    def tensors(self) -> dict[str, Any]:
        """Every recorded tensor, in the order of the call. Variables, and steps that are one, stay variables."""
        found = {f"input:{position}": tensor for position, tensor in enumerate(self.inputs)}
        found |= {f"weight:{name}": variable for name, variable in named_weights(self.layer).items()}
        for _, step in self.steps():
            found |= zip(step_ids(step.number, len(step.given)), step.given, strict=True)
        found |= {f"output:{position}": tensor for position, tensor in enumerate(self.outputs)}
        found |= self.masks()
        return found | {tensor_id: tensor for tensor_id, (tensor, _) in self.others().items()}

    def others(self) -> dict[str, tuple[Any, str]]:
        """Operands that no recorded step gave, each with its name."""
        if self._others is None:
            self._others = self._find_others()
        return self._others

    def _find_others(self) -> dict[str, tuple[Any, str]]:
        weights = named_weights(self.layer).values()
        known = [*self.inputs, *weights, *(variable.value for variable in weights), *self.masks().values()]
        steps: list[tuple[Site, OpenStep | Failure]] = [(frame.code.sites[s.site], s) for frame, s in self.steps()]
        failure = self.recorder.failure
        found = other_operands([*steps, (failure.site, failure)] if failure else steps, known)
        return {f"other:{number}": other for number, other in enumerate(found)}

    def steps(self) -> list[tuple[OpenFrame, OpenStep]]:
        """The steps of all frames, in the order in which they ended, each with its frame."""
        waiting, found = list(self.recorder.frames), []
        while waiting:
            frame = waiting.pop()
            waiting += frame.children
            found += [(frame, step) for step in frame.steps]
        return sorted(found, key=lambda pair: pair[1].number)


def _tensors(values: Any) -> list[Any]:
    return [] if values is None else [tensor for tensor in keras.tree.flatten(values) if tf.is_tensor(tensor)]


def _notes(live: LiveCall) -> Iterable[Message]:
    recorder, own = live.recorder, f"{type(live.layer).__name__}.call"
    for name, why in recorder.unopened.items():
        if name != own:
            yield Message("{name} is one step: {why}.", {"name": name, "why": why})
        elif recorder.frames:
            yield Message(
                "The lines of this call could not be recorded: {why}. The operations that TensorFlow ran are listed "
                "in their place.",
                {"why": why},
            )
        else:
            yield Message("The lines of this call could not be recorded: {why}.", {"why": why})
    if live.outputs and not recorder.missed and not any(step.values for _, step in live.steps()):
        if {id(y) for y in live.outputs} <= {id(x) for x in live.inputs}:
            yield Message("This call computed nothing: it gave back what it was given.")
        elif not recorder.unopened:
            yield Message("No line of this call made a tensor that could be recorded.")
    if recorder.missed:
        yield Message("{count} further steps were not recorded.", {"count": recorder.missed})
    if recorder.missed_operations:
        yield Message(
            "At most {limit} TensorFlow operations are named for one step; {count} more ran.",
            {"limit": MAX_OPERATIONS, "count": recorder.missed_operations},
        )
