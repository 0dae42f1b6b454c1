"""The layer under test: what an experiment asks for, resolved. Runs, trails, steps and lives start from it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from explorer.core.arrays import as_tensor, named_weights
from explorer.core.build import arrange, build_layer
from explorer.core.calling import attach_mask, ensure_built, training_flag
from explorer.core.catalog.cards import find_card
from explorer.core.chain.layer import chain_card, chained, following_cards
from explorer.core.error_messages import DROP_EDITS, explained
from explorer.core.estimate import refuse_what_does_not_fit
from explorer.core.keras_private import set_random_seed
from explorer.core.names import reset_names
from explorer.core.tracing.card_names import adapted
from explorer.core.tracing.record import LiveCall
from explorer.experiment import Edit, Experiment
from explorer.experiment.chains import refusal
from explorer.experiment.model_file import is_of_model
from explorer.experiment.recipes import REACHING, Recipe, cast, default_recipe, mask_array, materialise
from explorer.model.problem import Problem, Repair
from explorer.model.trace import Message, Trace
from layers.card import Card, axis_names

Arguments = tuple[list[Any], dict[str, Any]]
"""Positional arguments and keywords of a call."""
IN_ITS_MODEL = Message("A layer of a model file stands where its model has it: no other layer can follow it here.")
NO_CHAIN = Repair(Message("Show the first layer alone"), {"then": []})


class LayerUnderTest:
    """An experiment's layer, made anew as often as needed: alone, or with those that follow it as one `Chain`.

    Args:
        experiment: what is asked.
        attachments: arrays of uploaded files by content hash.

    Attributes:
        experiment: as given.
        cards: of the first layer, and of those that follow it.
        card: the one that speaks for the whole.

    Raises:
        Problem: if there is no such layer, it cannot stand in such a chain, or it would be too large.
    """

    def __init__(self, experiment: Experiment, attachments: Mapping[str, np.ndarray] | None = None) -> None:
        self.experiment = experiment
        self._attachments = attachments
        if experiment.model is not None:
            _open(experiment, attachments)
        first = find_card(experiment.layer, experiment.code)
        if not experiment.code and experiment.model is None:  # the walls around both limit what they take
            refuse_what_does_not_fit(experiment)
        reason = refusal(first) if first.symbolic and experiment.then else None
        if reason is not None:
            raise Problem(reason, received=first.title, where="then", repairs=(NO_CHAIN,))
        if experiment.model is not None and experiment.then:
            raise Problem(IN_ITS_MODEL, received=first.title, where="then", repairs=(NO_CHAIN,))
        self.cards = (first, *following_cards(experiment))
        self.card = chain_card(self.cards) if experiment.then else first

    @functools.cached_property
    def arrays(self) -> list[np.ndarray]:
        """The inputs; a symbolic tensor has none.

        Raises:
            Problem: if a recipe cannot be made or an edit lies outside its tensor.
        """
        return [] if self.card.symbolic else input_arrays(self.experiment, self.cards[0], self._attachments)

    @functools.cached_property
    def mask(self) -> np.ndarray | None:
        """The mask that the experiment puts on the first input.

        Raises:
            Problem: if the input has no axis for it.
        """
        mask = self.experiment.mask
        if mask is None and self.arrays and is_of_model(self.experiment.layer):
            return _mask_reaching(self.experiment, self.card)
        return mask_array(mask, self.arrays[0].shape) if mask is not None and self.arrays else None

    def make(self, params: Mapping[str, Any] | None = None) -> Any:
        """A new layer that has not been called, from the experiment's seed.

        Args:
            params: other parameters of the first layer than the experiment's.
        Raises:
            Problem: if a constructor refuses its parameters.
        """
        reset_names()
        set_random_seed(self.experiment.seed)
        params = self.experiment.params if params is None else params
        layer = build_layer(self.cards[0], params, self.experiment.dtype)
        if self.card.symbolic:
            return layer
        if not (self.experiment.trainable and is_of_model(self.experiment.layer)):  # a file says what is frozen in it
            layer.trainable = self.experiment.trainable
        if self.experiment.then:
            layer = chained(self.experiment, self.cards, layer, self.arranged())
            layer.trainable = self.experiment.trainable
        return layer

    def built(self) -> Any:
        """A new layer with its weights, those edited by hand included.

        Raises:
            Problem: in place of whatever Keras raises.
        """
        layer = self.make()
        with self.explaining():
            ensure_built(layer, *self.arguments())
            self.edit(layer)
        return layer

    def arranged(self, arrays: Sequence[np.ndarray] | None = None) -> Arguments:
        """The inputs, or other arrays in their place, as the layer's call takes them."""
        return arrange(self.card, self.arrays if arrays is None else arrays, self.experiment.dtype)

    def arguments(self, arrays: Sequence[np.ndarray] | None = None) -> Arguments:
        """The same as tensors; the experiment's mask is on the first of its own inputs."""
        arguments, keywords = keras.tree.map_structure(as_tensor, self.arranged(arrays))
        attach_mask(arguments, self.mask if arrays is None else None)
        return arguments, keywords

    def call(self, layer: Any, arguments: Arguments | None = None) -> Any:
        """What the layer gives for its inputs, or for other arguments, with the experiment's training flag."""
        positional, keywords = self.arguments() if arguments is None else arguments
        return layer(*positional, **keywords, **training_flag(layer, self.experiment.training))

    def live(self, layer: Any, arrays: Sequence[np.ndarray] | None = None, mask: np.ndarray | None = None) -> LiveCall:
        """A call of the layer that is ready to happen: on the experiment's inputs and mask, or on others."""
        arguments, keywords = self.arranged(arrays)
        training = training_flag(layer, self.experiment.training).get("training")
        return LiveCall(layer, arguments, training, self.mask if arrays is None else mask, keywords)

    def edit(self, layer: Any) -> None:
        """Set the weights' cells that were edited by hand. Builds the layer if it must.

        Raises:
            Problem: if an edit names a weight or a cell that is not there.
        """
        edits = [edit for edit in self.experiment.edits if edit.tensor.startswith("weight:")]
        if edits:
            ensure_built(layer, *self.arranged())
            _set_cells(layer, edits)

    @contextmanager
    def explaining(self, arrays: Sequence[np.ndarray] | None = None, failed: Sequence[Trace] = ()) -> Iterator[None]:
        """Raise a Problem in place of whatever Keras or TensorFlow raise within the block.

        Args:
            arrays: what the layer was given in place of its inputs.
            failed: what was recorded until the call failed, if anything.
        """
        try:
            yield
        except Problem:
            raise
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # typed code may raise anything
            raise self.problem(error, arrays, *failed) from error

    def problem(self, error: BaseException, arrays: Sequence[np.ndarray] | None = None, *failed: Trace) -> Problem:
        """What an exception of building or calling the layer means."""
        given = self.arrays if arrays is None else arrays
        return explained(error, self.card, self.experiment, list(given), *failed)


def input_arrays(
    experiment: Experiment, card: Card, attachments: Mapping[str, np.ndarray] | None = None
) -> list[np.ndarray]:
    """The inputs that the experiment describes; recipes it leaves out are the card's defaults.

    Raises:
        Problem: if a recipe cannot be made or an edit lies outside its tensor.
    """
    known = [f"input:{position}" for position in range(len(card.inputs))]
    for edit in experiment.edits:
        if edit.tensor.startswith("input:") and edit.tensor not in known:
            raise Problem(
                "An edit names an input that this layer does not have.",
                expected=", ".join(known) or "-",
                received=edit.tensor,
                where="edits",
                repairs=(DROP_EDITS,),
            )
    arrays = []
    shown = adapted(card, experiment.params)
    for position, spec in enumerate(card.inputs):
        recipe = experiment.inputs[position] if position < len(experiment.inputs) else default_recipe(spec)
        dtype = experiment.dtype if spec.dtype == "float" else spec.dtype
        axes = axis_names(shown.inputs[position].axes, len(recipe.shape))
        try:
            if recipe.kind == REACHING and is_of_model(experiment.layer):
                array = _reaching(experiment, position, recipe)
            else:
                array = materialise(recipe, dtype, experiment.seed, position, attachments, axes)
        except Problem as problem:
            problem.repairs = (*problem.repairs, *_fitting_values(experiment, card, position, recipe))
            raise
        edits = [edit for edit in experiment.edits if edit.tensor == f"input:{position}"]
        arrays.append(edited(array, edits) if edits else array)
    return arrays


def _open(experiment: Experiment, attachments: Mapping[str, np.ndarray] | None) -> None:
    from explorer.core.own_model import open_model  # which builds on what stands here

    open_model(experiment, attachments)


def _reaching(experiment: Experiment, position: int, recipe: Recipe) -> np.ndarray:
    """What reaches an input of the layer where it stands in its model."""
    from explorer.core.own_model import reaching

    return reaching(experiment.layer, position, int(recipe.options.get("call", 0)))


def _mask_reaching(experiment: Experiment, card: Card) -> np.ndarray | None:
    """The mask that comes with what reaches the first input; none with other values."""
    from explorer.core.own_model import mask_reaching

    recipe = experiment.inputs[0] if experiment.inputs else default_recipe(card.inputs[0])
    return mask_reaching(experiment.layer, int(recipe.options.get("call", 0))) if recipe.kind == REACHING else None


def _fitting_values(experiment: Experiment, card: Card, position: int, recipe: Recipe) -> tuple[Repair, ...]:
    """Values that the input can hold, in the same shape: those that it usually holds."""
    spec = card.inputs[position]
    usual = Recipe(spec.recipe, recipe.shape, spec.options)
    if usual.kind == recipe.kind:
        return ()
    recipes = [
        usual if at == position else experiment.inputs[at] if at < len(experiment.inputs) else default_recipe(one)
        for at, one in enumerate(card.inputs)
    ]
    label = Message("Use the usual values of this input")
    return (Repair(label, {"inputs": [recipe.to_json() for recipe in recipes]}),)


def _set_cells(layer: Any, edits: Sequence[Edit]) -> None:
    variables = {f"weight:{name}": variable for name, variable in named_weights(layer).items()}
    by_tensor: dict[str, list[Edit]] = {}
    for edit in edits:
        by_tensor.setdefault(edit.tensor, []).append(edit)
    for tensor, own in by_tensor.items():
        if tensor not in variables:
            raise Problem(
                "An edit names a weight that this layer does not have.",
                expected=", ".join(variables) or "-",
                received=tensor,
                where="edits",
                repairs=(DROP_EDITS,),
            )
        variables[tensor].assign(edited(np.array(variables[tensor]), own))


def edited(array: np.ndarray, edits: Sequence[Edit]) -> np.ndarray:
    """A copy of a tensor's array with cells set. Its edits may be as many as an experiment holds."""
    array = array.copy()
    for edit in edits:
        inside = len(edit.index) == array.ndim and all(i < n for i, n in zip(edit.index, array.shape, strict=True))
        if not inside:
            raise Problem(
                "An edit lies outside its tensor.",
                expected=f"{edit.tensor} {array.shape}",
                received=str(edit.index),
                where="edits",
                repairs=(DROP_EDITS,),
            )
        if array.dtype == object:
            raise Problem("Only numbers can be edited.", expected="float, int", received="string", where="edits")
        if array.dtype.kind in "biu":
            array[edit.index] = cast(np.array(edit.value), array.dtype.name)
        else:
            with np.errstate(over="ignore"):
                array[edit.index] = edit.value
    return array
