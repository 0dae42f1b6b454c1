"""The trace of a chain, layer by layer: names for its tensors, and the comparison with NumPy."""

from __future__ import annotations

import dataclasses
from typing import Any

import keras
import numpy as np

from explorer.core.arrays import to_array
from explorer.core.build import complete_params
from explorer.core.chain.layer import Chain, chain_card
from explorer.core.numpy_check import check
from explorer.core.tracing.card_names import adapted, named
from explorer.experiment.chains import attends
from explorer.model.trace import Check, Frame, Tensor, Trace


def named_chain(trace: Trace, chain: Chain) -> Trace:
    """The trace with the names, axes, scales and help texts of every layer's card."""
    experiment = chain.experiment
    trace = named(trace, adapted(chain_card(chain.cards), experiment.params, experiment.inputs))
    return dataclasses.replace(trace, frames=tuple(_named_frame(frame, chain) for frame in trace.frames))


def _named_frame(frame: Frame, chain: Chain) -> Frame:
    """The chain's frame; what happened inside a layer is named by that layer's card."""
    children: list[Frame] = []
    for child in frame.children:
        card = chain.cards[min(child.called_from, len(chain.cards) - 1)]  # each layer is one step of the chain
        children += named(Trace(trace_name(chain), frames=(child,)), card).frames
    return dataclasses.replace(frame, children=tuple(children))


def trace_name(chain: Chain) -> str:
    """The class's name."""
    return type(chain).__name__


def alone(trace: Trace, chain: Chain, position: int) -> Trace:
    """What a trace of one layer alone would hold: its inputs, weights and outputs under their own names.

    Outputs that were not recorded are left out.
    """
    name, card = chain.names[position], chain.cards[position]
    given = trace.inputs if position == 0 else _outputs(trace, chain.names[position - 1])
    if position and attends(card):
        given *= len(card.inputs)
    weights = tuple(
        dataclasses.replace(weight, name=weight.name.removeprefix(f"{name}/"))
        for weight in trace.weights
        if weight.name.startswith(f"{name}/")
    )
    return Trace(trace_name(chain), inputs=given, weights=weights, outputs=_outputs(trace, name))


def _outputs(trace: Trace, name: str) -> tuple[Tensor, ...]:
    steps = [step for frame in trace.frames[:1] for step in frame.steps if step.target == name]
    return steps[-1].values if steps else ()


def check_chain(trace: Trace, chain: Chain) -> Check | None:
    """How far the layers are from their NumPy derivations, each computed from what the layer was given.

    Returns:
        The check of the layer that is farthest off; None unless every layer has a derivation.
    """
    experiment = chain.experiment
    params = [experiment.params, *(link.params for link in experiment.then)]
    mask = next((tensor.value for tensor in trace.mask if tensor.id == "mask:in:0"), None)
    checks: list[Check] = []
    for position, (_, layer) in enumerate(chain.links()):
        single = alone(trace, chain, position)
        if not single.outputs or not single.inputs:
            return None
        if mask is not None:
            single = dataclasses.replace(single, mask=(Tensor("mask:in:0", "mask", "mask", mask, "bool"),))
        card = chain.cards[position]
        found = check(card, single, complete_params(card, params[position]), experiment.training)
        if found is None:
            return None
        checks.append(found)
        try:
            mask = _mask_after(layer, single, mask)
        except Exception:  # a layer that cannot say which steps its output leaves out: nothing is compared then
            return None
    return max(checks, key=lambda c: (not c.agrees, c.difference / c.tolerance if c.tolerance else 0.0))


def _mask_after(layer: Any, single: Trace, mask: np.ndarray | None) -> np.ndarray | None:
    """The mask of a layer's output, as Keras sets it."""
    if not layer.supports_masking:
        return None
    tensors = [keras.ops.convert_to_tensor(tensor.value) for tensor in single.inputs]
    after = layer.compute_mask(tensors if len(tensors) > 1 else tensors[0], mask)
    after = keras.tree.flatten(after) if after is not None else []
    return to_array(after[0]) if after and after[0] is not None else None
