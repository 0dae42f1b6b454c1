"""One training step: who moves the weights, and what each of them looks like on the way."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from explorer.experiment import STEP_FIELDS
from explorer.model.problem import Problem
from explorer.model.trace import Role, Tensor
from explorer.model.training_step import TrainingStep, WeightStep
from explorer.views import panel
from explorer.views.controls.fields import draw_field
from explorer.views.foreign_text import table
from explorer.views.panels import Scene
from explorer.views.problems import show_problem
from explorer.views.tensors import draw_tensors
from explorer.views.work import step_of
from layers.card import Field


def show(scene: Scene) -> None:
    """Draw the step's options, its losses, and a row for every weight: before, its gradient, after."""
    t, session = scene.t, scene.session
    st.markdown(
        t(
            "A layer does not update its own weights. A loss is computed from the output, its gradient says how each "
            "weight would have to move, an optimizer moves the trainable ones, and constraints come last."
        )
    )
    for column, spec in zip(st.columns(len(STEP_FIELDS)), STEP_FIELDS, strict=True):
        with column:
            draw_field(
                session,
                spec,
                f"step_{spec.name}",
                session.experiment.step.get(spec.name, spec.default),
                partial(_set, scene, spec),
                "step",
            )
    try:
        step = step_of(session, session.experiment)
    except Problem as problem:
        show_problem(session, problem, "step")
        return
    _draw_losses(scene, step)
    _draw_movement(scene, step)
    for number, weight in enumerate(step.weights):
        draw_tensors(t, _tensors(scene, weight), key=f"step_{number}", options={"scale": "one", "plain": True})


def _set(scene: Scene, spec: Field, value: Any) -> None:
    step = {name: old for name, old in scene.session.experiment.step.items() if name != spec.name}
    scene.session.change(step=step if value == spec.default else {**step, spec.name: value})


def _draw_losses(scene: Scene, step: TrainingStep) -> None:
    t = scene.t
    own = " + ".join(f"{loss:.6g}" for loss in step.layer_losses)
    st.markdown(
        t(
            "Loss: **{loss}** = {data} (mean squared error) + {own} (added by the layer)",
            loss=f"{step.loss:.6g}",
            data=f"{step.data_loss:.6g}",
            own=own,
        )
        if own
        else t("Loss: **{loss}** (mean squared error)", loss=f"{step.loss:.6g}")
    )


def _draw_movement(scene: Scene, step: TrainingStep) -> None:
    t = scene.t
    if not step.weights:
        st.caption(t("This layer has no weights: there is nothing to train."))
        return
    if not any(weight.trainable for weight in step.weights):
        st.info(t("No weight is trainable, so the step moves nothing."), icon=":material/lock:")
    table(
        {
            t("weight"): [weight.name for weight in step.weights],
            t("trainable"): [t("yes") if weight.trainable else t("no") for weight in step.weights],
            t("largest gradient"): [_largest(weight.gradient) for weight in step.weights],
            t("largest move"): [_largest(weight.after - weight.before) for weight in step.weights],
            t("constraint"): [weight.constraint or "–" for weight in step.weights],
            t("moved by the constraint"): [_largest(weight.constrained - weight.after) for weight in step.weights],
        }
    )


def _tensors(scene: Scene, weight: WeightStep) -> list[Tensor]:
    stages: dict[Role, np.ndarray | None] = {
        "before": weight.before,
        "gradient": weight.gradient,
        "after": weight.after,
    }
    if weight.constraint:
        stages["constrained"] = weight.constrained
    axes = {w.name: w.axes for w in scene.trace.weights} if scene.trace else {}
    return [
        Tensor(
            f"{role}:{weight.name}",
            weight.name,
            role,
            value,
            str(value.dtype),
            axes.get(weight.name, ()),
            trainable=weight.trainable,
        )
        for role, value in stages.items()
        if value is not None
    ]


def _largest(array: np.ndarray | None) -> str:
    if array is None:
        return "–"
    return f"{np.abs(array).max(initial=0.0):.4g}"


panel(
    "training",
    "Training step",
    show,
    group="check",
    order=21,
    fits=lambda scene: scene.trace is not None and not scene.card.symbolic,
)
