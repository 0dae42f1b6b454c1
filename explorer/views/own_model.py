"""The model file of the reader: opened, entered at any of its layers, left, and closed again."""

from __future__ import annotations

import numpy as np

from explorer.experiment import Experiment
from explorer.experiment.model_file import WHOLE, ModelFile
from explorer.experiment.uploads import content_hash
from explorer.model.problem import Problem
from explorer.settings import settings
from explorer.views.own_code import want
from explorer.views.session import Session

KEY = "open_model"
"""Under this name a session keeps what is wrong with a file that could not be taken at all."""


def take(session: Session, name: str, data: bytes) -> None:
    """Make the experiment one about a model file. Where its link named that file already, it stays as it is."""
    session.problems.pop(KEY, None)
    array = np.frombuffer(data, "uint8")
    sha256, model, most = content_hash(array), session.experiment.model, settings().uploads.file_mib << 20
    try:
        if len(data) > most:
            raise Problem("The file is too large.", f"<= {most:,} bytes", f"{len(data):,} bytes", "model")
        session.attach({sha256: array})
        if model is not None and model.sha256 == sha256:
            return
        session.replace(Experiment(WHOLE, model=ModelFile(sha256, name), seed=session.experiment.seed))
    except Problem as problem:
        session.problems[KEY] = problem
        return
    session.forget("")
    if session.draft is not None:
        session.draft.wanted, session.draft.of = False, ""


def enter(session: Session, layer: str) -> None:
    """Show another layer of the model, given what reaches it there. The model's own inputs stay as they are."""
    shown = session.experiment
    if shown.model is None or layer == shown.layer:
        return
    model = shown.model
    if shown.layer == WHOLE and shown.inputs:
        model = ModelFile(model.sha256, model.name, shown.inputs)
    session.replace(
        Experiment(layer, model=model, code=shown.code, seed=shown.seed, training=shown.training, step=shown.step)
    )


def close(session: Session) -> None:
    """Leave the model; what stands in the editor runs again."""
    session.replace(Experiment(seed=session.experiment.seed))
    want(session)
