"""What one call ran: its operations, where each cell of its values comes from, and the steps they belong to."""

from __future__ import annotations

import functools

from explorer.analysis.labels import Labels, is_small
from explorer.core.arrays import to_array
from explorer.core.doctor.hunting.case import Case
from explorer.core.doctor.hunting.first_step import Blamed, blamed, prepared
from explorer.core.doctor.hunting.trials import Trials
from explorer.core.doctor.isolation import reseed
from explorer.core.tape.program import made_by
from explorer.core.tape.recorder import TapeRecorder
from explorer.model.tape import Tape


class Program:
    """A call that has happened.

    Args:
        trials: whose layer to call.
        case: on what.

    Attributes:
        case: the same.
        live: the call with its steps.
        tape: its operations. Those that could not be followed are missing.

    Raises:
        Exception: whatever making or calling the layer raises.
    """

    def __init__(self, trials: Trials, case: Case) -> None:
        self.case = case
        self.live = prepared(trials, case)
        recorder = TapeRecorder(self.live)
        reseed()
        self.live.happen(recorder)
        self.tape: Tape = made_by(self.live, recorder, refused=True)[0]
        self._makers = {number: at for at, one in enumerate(self.tape.operations) for number in one.outputs}

    @functools.cached_property
    def labels(self) -> Labels | None:
        """Where the cells come from; None of a call that is too large."""
        if not self.tape.values or not is_small(self.tape):
            return None
        tensors = self.live.tensors()
        return Labels(self.tape, {number: to_array(tensors[name]) for name, number in self.tape.shown.items()})

    def blamed(self, operation: int) -> Blamed:
        """The first step that had ended when the operation of this number had run."""
        names = {id(tensor): name for name, tensor in self.live.tensors().items()}
        for frame, step in self.live.steps():
            numbers = [self.tape.shown.get(names.get(id(value), ""), -1) for value in step.given]
            made = [self._makers.get(number, -1) for number in numbers]
            if max(made, default=-1) >= operation:
                return blamed(self.live, frame, step)
        return Blamed(self.tape.operations[operation].kind, None)
