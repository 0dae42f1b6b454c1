"""Saving: the config says everything, and what is made from it again computes the same."""

from __future__ import annotations

import tempfile
from pathlib import Path

import keras

from explorer.core.doctor.blame import is_keras, method_place
from explorer.core.doctor.compare import difference
from explorer.core.doctor.findings import told
from explorer.core.doctor.patient import Patient, values_of
from explorer.core.doctor.registry import NotApplicable, Verdict, advice, check, failed, passed, unless_random
from explorer.core.names import reset_names
from explorer.model.fix import Fix, SourceLine
from explorer.model.trace import Message


@check(
    Message("It can be made again from its config"),
    Message("from_config was given what get_config gave."),
    Message("A layer of the same class."),
    Message("Loading a model, cloning it and sharing it all make its layers again in this way."),
    after=("config",),
)
def remade(patient: Patient) -> Verdict:
    """`from_config(get_config())`."""
    reset_names()
    try:
        twin = type(patient.subject).from_config(patient.subject.get_config())
    except Exception as error:
        return failed(**told(error, patient.known))
    if type(twin) is not type(patient.subject):
        return failed(Message("It came back as a {type}.", {"type": type(twin).__name__}))
    return passed(Message("A twin was made."))


@check(
    Message("A twin made from its config computes the same"),
    Message("from_config, build_from_config, and the weights copied over; then both were called."),
    Message("The same output."),
    Message("Loading a model, cloning it and sharing it all make its layers again in this way."),
    after=(
        "remade",
        "config_complete",
        "tracked_state",
        "repeatable",
        "attributes_stay",
        "plain_arrays",
        "defaults_stay",
    ),
)
def revived(patient: Patient) -> Verdict:
    """The whole way of a saved layer, in memory."""
    subject = patient.copy()
    reset_names()
    twin = type(subject).from_config(subject.get_config())
    try:
        if subject.get_build_config():
            twin.build_from_config(subject.get_build_config())
        if not twin.built or len(twin.variables) != len(subject.variables):
            patient.call(twin)
        if len(twin.variables) != len(subject.variables):
            counts = {"twin": len(twin.variables), "own": len(subject.variables)}
            return failed(
                Message("The twin has {twin} variables, the layer has {own}.", counts), place=_config(patient)
            )
        for variable, value in zip(twin.variables, values_of(subject), strict=True):
            variable.assign(value)
        apart = difference(patient.outputs(twin), patient.outputs(subject))
    except Exception as error:
        return failed(**told(error, patient.known))
    if not apart:
        return passed(Message("The twin computes the same."))
    what = Message("The twin computes something else: {apart}.", {"apart": apart})
    return unless_random(patient, apart) or failed(what, place=_config(patient))


def _config(patient: Patient) -> SourceLine | None:
    """Where its config is written, or its constructor."""
    return method_place(patient.known, "get_config") or method_place(patient.known, "__init__")


@check(
    Message("A model with it can be saved and loaded"),
    Message("A model of this one layer was written to a .keras file and read back, with the class handed over."),
    Message("The loaded model computes the same."),
    Message("A file is how a trained layer leaves the notebook."),
    after=("symbolic", "declared_shape", "declared_dtype", "revived", "training_argument", "own_names"),
)
def keras_file(patient: Patient) -> Verdict:
    """A Functional model, saved and loaded."""
    layer = patient.copy()
    symbols = [keras.Input(batch_shape=symbol.shape, dtype=symbol.dtype) for symbol in patient.symbols()]
    if not symbols:
        raise NotApplicable(Message("A model needs an input."))
    arguments, keywords = patient.arranged(symbols)
    batch = patient.batch(2) if patient.batching.known else patient.tensors
    try:
        model = keras.Model(symbols, layer(*arguments, **keywords))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "layer.keras"
            model.save(path)
            known = None if is_keras(patient.known) else {patient.known.__name__: patient.known}
            loaded = keras.models.load_model(path, custom_objects=known, compile=False)
        apart = difference(
            keras.tree.flatten(model(batch, training=False)), keras.tree.flatten(loaded(batch, training=False))
        )
    except Exception as error:
        return failed(**told(error, patient.known))
    if not apart:
        return passed(Message("Saved and loaded, it computes the same."))
    what = Message("The loaded model computes something else: {apart}.", {"apart": apart})
    return unless_random(patient, apart) or failed(what)


@check(
    Message("Its class is registered"),
    Message("Keras was asked for the class by the name that a file would hold."),
    Message("A registered name with a package: “package>Class”."),
    Message("A file holds the name of the class only; another program must know which class that is."),
    after=("remade",),
)
def registered(patient: Patient) -> Verdict:
    """`register_keras_serializable`."""
    layer = patient.subject
    written = keras.saving.serialize_keras_object(layer)
    name = written.get("registered_name")
    if name is None or ">" in str(name):
        return passed(Message("{name}", {"name": name or f"{written.get('module')}.{written.get('class_name')}"}))
    fix = Fix(Message("Register the class under a name of your own."))
    place = method_place(patient.known, "__init__") or method_place(patient.known, "call")
    try:
        keras.saving.deserialize_keras_object(written)
    except Exception as error:
        facts = {**told(error, patient.known), "fix": fix, "place": place, "mistake": "unregistered_class"}
        return advice(**facts)
    seen = Message("Unregistered: found here by its module, and unknown in another program.")
    return advice(seen, "unregistered_class", place=place, fix=fix)
