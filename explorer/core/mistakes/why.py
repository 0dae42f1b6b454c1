"""Why each mistake matters, in one sentence; and the one way in which a diagnosis is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from explorer.core.mistakes.diagnosis import Diagnosis
from explorer.model.fix import Fix, SourceLine
from explorer.model.trace import Message

WHY: Mapping[str, Message] = {
    "no_super_init": Message("Keras's own constructor prepares the list of weights; without it nothing is tracked."),
    "add_weight_positional_name": Message("In Keras 3 the first argument of add_weight is the shape."),
    "batch_in_weight_shape": Message(
        "A weight is the same for every sample, so its shape may not depend on how many samples come at once."
    ),
    "untracked_weight": Message(
        "Keras counts, trains and saves only what add_weight or keras.Variable made; anything else stays as it is."
    ),
    "weight_in_call": Message(
        "call runs again for every batch, so each weight must be made once, before it: in __init__ or in build."
    ),
    "build_argument_names": Message(
        "Keras matches the shapes that build takes to the arguments of call by their names."
    ),
    "numpy_in_call": Message(
        "While a model is made or trained there are no numbers yet, and NumPy can compute with numbers only."
    ),
    "numpy_method": Message("While a model is made or trained there are no numbers yet that could be read."),
    "python_branch_on_tensor": Message(
        "Python decides once, while the graph is made; the numbers that it asks for come later."
    ),
    "loop_over_unknown_dimension": Message("A model is made for any batch, so the size of that axis is None then."),
    "static_batch_size": Message("A model is made for any batch, so the size of that axis is None then."),
    "unknown_dimension": Message("A size that may change from call to call is None while a model is made."),
    "tf_operation_on_keras_tensor": Message("A keras.Input holds no numbers: only layers and keras.ops can take it."),
    "integer_times_float": Message("TensorFlow's operators never convert between integers and floating-point numbers."),
    "float_for_whole_number": Message("An axis has a whole number of cells."),
    "unserializable_argument": Message("A model is saved as the configs of its layers, so it cannot be saved."),
    "argument_missing_from_config": Message(
        "A saved layer is made again from its config; what is not in it is set back to its default."
    ),
    "argument_not_deserialized": Message(
        "A config holds only plain data, so a layer or a function is a dictionary in it."
    ),
    "constructor_without_kwargs": Message("A config also holds name, trainable and dtype, which the parent takes."),
    "unregistered_class": Message(
        "A file holds the name of the class only, so Keras must be told which class that is."
    ),
    "children_not_built": Message(
        "Loading builds the layer, and then puts the saved numbers into the weights it finds."
    ),
    "reserved_attribute": Message("Keras computes that property itself for every layer."),
    "non_tensor_argument": Message(
        "Keras reads positional arguments as inputs: it follows their shapes through a model."
    ),
    "layer_in_call": Message(
        "Every call would make new weights, with new random numbers, that nobody trains or saves."
    ),
    "item_assignment": Message("A tensor never changes; a changed copy takes its place."),
    "weight_reassigned": Message("The attribute is a plain tensor from then on, and the weight keeps its first value."),
    "counter_in_call": Message("In a compiled model the line runs while the graph is made, and not for each batch."),
    "loss_not_a_tensor": Message("Only a tensor can be differentiated; a plain number would train nothing."),
    "compute_mask_signature": Message("Keras calls compute_mask(inputs, previous_mask) whenever a mask arrives."),
    "missing_return": Message("Without a return Python gives None, and the next layer gets that."),
    "misspelled_method": Message("Keras calls methods by name; one that it does not know is never called."),
    "misspelled_argument": Message("Keras fills in training and mask by their names; others keep their default."),
    "misspelled_attribute": Message("An attribute exists from its first assignment on, under exactly that name."),
    "constant_seed": Message("The same seed draws the same numbers in every call, so the noise is no noise."),
    "no_gradient_path": Message("Training follows gradients from the loss back to the weights, and here the way ends."),
    "no_call": Message("call is the one method that every layer needs."),
}


def diagnosis(
    mistake: str,
    cause: Message,
    place: SourceLine | None,
    fixes: Sequence[Fix] = (),
    expected: str = "",
    received: str = "",
) -> Diagnosis:
    """A diagnosis, with what `WHY` says of that mistake."""
    return Diagnosis(mistake, cause, WHY.get(mistake), expected, received, place, tuple(fixes))
