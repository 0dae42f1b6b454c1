"""Where a number came from: the gradient of one cell with respect to every recorded tensor, in one backward pass."""

from __future__ import annotations

import numpy as np

from explorer.core.dependence.checked import check, told
from explorer.core.dependence.gradient import Backward, is_finite, without_phantoms
from explorer.core.dependence.notes import hangs_on, notes
from explorer.core.dependence.request import asked
from explorer.core.dependence.rerun import Rerun
from explorer.model.dependence import DEPENDS_NOW, UPSTREAM, Trail


@asked
def trail(rerun: Rerun, tensor_id: str, index: tuple[int, ...]) -> Trail:
    """Call a layer again and tell which cells the chosen one depends on now.

    `trail(experiment, tensor_id, index)` asks it of an experiment,
    `trail(layer, inputs, tensor_id, index, training=..., mask=..., **keywords)` of a layer that you hold.

    Args:
        experiment: what to run; it gives the same bits as `run(experiment)`.
        layer, inputs: a layer, and the positional arguments of its call as a list. It is left as it was.
        tensor_id: any tensor of the trace: an input, a weight, a step of any frame, an output.
        index: the cell.
        attachments: arrays of uploaded files by content hash, beside an experiment.
        training, mask, keywords: of the layer's call, as of `trace_layer`.
    Returns:
        The gradient of the cell with respect to every floating-point tensor that made it, weights and inputs included.
        `checked` tells how far it is what moving the cells gives.
    Raises:
        Problem: if the layer cannot be run, TensorFlow has no gradient of it, or there is no such cell.
    """
    backward = Backward(rerun, rerun.live(), tensor_id, index)
    cells = backward.cells()
    remarks = [*notes(backward, cells)]
    if any(not np.isfinite(array).all() for array in cells.values()) or not is_finite(backward.value):
        cells, more = without_phantoms(backward, cells)
        remarks += more
    checked = check(backward, cells)
    remarks = [*told(backward, checked), *remarks]
    if checked is None or not any(wrong.tensor_id.startswith("input:") for wrong in checked.disagreeing):
        remarks += hangs_on(backward, cells)
    return Trail(tensor_id, index, backward.value, DEPENDS_NOW, UPSTREAM, cells, tuple(remarks), checked)
