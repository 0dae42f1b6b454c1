"""What a layer declares about its output is what it gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from explorer.core.doctor.blame import method_place
from explorer.core.doctor.compare import shapes, tensors_of
from explorer.core.doctor.findings import told
from explorer.core.doctor.patient import Patient
from explorer.core.doctor.registry import NotApplicable, Verdict, by_design, check, failed, passed
from explorer.model.fix import SourceLine
from explorer.model.trace import Message

SIZES = (3, 5)
_DECLARING = ("compute_output_shape", "compute_output_spec")


@check(
    Message("Its output has the declared shape"),
    Message("compute_output_spec was asked on symbols, and compared with real outputs of batches of 3 and 5."),
    Message("Every length that is declared is the real one."),
    Message("Keras believes what is declared: the next layers of a model are built for it."),
    after=("graph", "batch_axis"),
)
def declared_shape(patient: Patient) -> Verdict:
    """Declared for a batch of any size, and of a known size, against real ones."""
    layer = patient.copy()
    for size in SIZES:
        real = patient.outputs(layer, patient.batch(size))
        for told_size in (None, size):
            try:
                declared = _declared(patient, layer, told_size)
            except Exception as error:
                return failed(**told(error, patient.known, shapes(patient.tensors)))
            if len(declared) != len(real):
                counts = {"declared": len(declared), "real": len(real)}
                return failed(Message("Declared: {declared} outputs. Real: {real}.", counts), place=_place(patient))
            for said, is_ in zip(declared, real, strict=True):
                if not _fits(tuple(said.shape), tuple(is_.shape)):
                    if _fits_in_training(patient, declared, size):
                        return by_design(
                            Message("The declared shape is that of training; at inference it is another one.")
                        )
                    both = {"declared": str(tuple(said.shape)), "real": str(tuple(is_.shape))}
                    return failed(Message("Declared: {declared}. Real: {real}.", both), place=_place(patient))
    return passed(Message("Declared and real: {shapes}.", {"shapes": shapes(_declared(patient, layer, None))}))


def _fits(declared: Sequence[int | None], real: Sequence[int]) -> bool:
    return len(declared) == len(real) and all(d is None or d == r for d, r in zip(declared, real, strict=True))


def _fits_in_training(patient: Patient, declared: Sequence[Any], size: int) -> bool:
    """Whether the shape depends on the mode, and the declared one is the other mode's."""
    real = patient.outputs(patient.copy(), patient.batch(size), training=True)
    return len(real) == len(declared) and all(
        _fits(tuple(said.shape), tuple(is_.shape)) for said, is_ in zip(declared, real, strict=True)
    )


def _declared(patient: Patient, layer: Any, size: int | None) -> list[Any]:
    arguments, keywords = patient.arranged(patient.symbols(size))
    return tensors_of(layer.compute_output_spec(*arguments, **keywords))


def _place(patient: Patient) -> SourceLine | None:
    return next((place for name in _DECLARING if (place := method_place(patient.known, name))), None)


@check(
    Message("Its output has the declared dtype"),
    Message("The dtype of compute_output_spec was compared with that of a real output."),
    Message("The same dtype."),
    Message("A model that was told float32 and is given integers fails in the layer after, or trains wrongly."),
    after=("graph", "declared_shape"),
)
def declared_dtype(patient: Patient) -> Verdict:
    """The dtype, for which compute_output_shape alone cannot speak."""
    try:
        declared = _declared(patient, patient.copy(), None)
    except Exception as error:
        return failed(**told(error, patient.known))
    real = tensors_of(patient.first_outputs)
    for said, is_ in zip(declared, real, strict=True):
        if said.dtype != is_.dtype.name:
            both = {"declared": said.dtype, "real": is_.dtype.name}
            return failed(Message("Declared: {declared}. Real: {real}.", both), place=_place(patient))
    if not real:
        raise NotApplicable(Message("It has no output."))
    return passed(Message("Declared and real: {dtypes}.", {"dtypes": ", ".join(y.dtype.name for y in real)}))
