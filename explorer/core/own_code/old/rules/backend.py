"""Functions of `keras.backend` that Keras 3 no longer has, and what is written in their place."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping

from explorer.core.own_code.old.source import Old, rule
from explorer.core.source_edits import Edit, Source, constant, keyword_of
from explorer.model.trace import Message

_BACKENDS = ("keras.backend", "tensorflow.keras.backend", "tf.keras.backend", "tensorflow.python.keras.backend")
_SAME = (
    "abs",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "cast",
    "clip",
    "concatenate",
    "cos",
    "cumprod",
    "cumsum",
    "elu",
    "equal",
    "exp",
    "expand_dims",
    "eye",
    "greater",
    "greater_equal",
    "hard_sigmoid",
    "less",
    "less_equal",
    "log",
    "logsumexp",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "not_equal",
    "ones",
    "ones_like",
    "prod",
    "relu",
    "reshape",
    "round",
    "shape",
    "sigmoid",
    "sign",
    "sin",
    "softmax",
    "softplus",
    "softsign",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "stop_gradient",
    "sum",
    "tanh",
    "tile",
    "transpose",
    "var",
    "zeros",
    "zeros_like",
)
_RENAMED: Mapping[str, str] = {
    **{name: f"ops.{name}" for name in _SAME},
    "dot": "ops.matmul",
    "permute_dimensions": "ops.transpose",
    "pow": "ops.power",
    "repeat_elements": "ops.repeat",
    "constant": "ops.convert_to_tensor",
    "eval": "ops.convert_to_numpy",
    "get_value": "ops.convert_to_numpy",
    "reverse": "ops.flip",
    "one_hot": "ops.one_hot",
    "switch": "ops.where",
    "l2_normalize": "ops.normalize",
    "conv1d": "ops.conv",
    "conv2d": "ops.conv",
    "conv3d": "ops.conv",
    "binary_crossentropy": "ops.binary_crossentropy",
    "categorical_crossentropy": "ops.categorical_crossentropy",
    "variable": "keras.Variable",
    "random_normal": "keras.random.normal",
    "truncated_normal": "keras.random.truncated_normal",
    "random_uniform": "keras.random.uniform",
    "dropout": "keras.random.dropout",
}
"""The names that take the same arguments in the same order, as far as layers use them."""
_KEYWORDS: Mapping[str, str] = {"border_mode": "padding", "subsample": "strides", "filter_dilation": "dilation_rate"}
_AXIS = {"concatenate": "-1", "argmax": "-1", "argmin": "-1", "cumsum": "0", "cumprod": "0"}
"""Where an axis that is left out is another one today."""
_AROUND: Mapping[str, tuple[str, str]] = {
    "int_shape": ("tuple(", ".shape)"),
    "ndim": ("len(", ".shape)"),
    "dtype": ("", ".dtype"),
    "flatten": ("ops.reshape(", ", (-1,))"),
    "identity": ("(", ")"),
    "cast_to_floatx": ("ops.cast(", ", keras.config.floatx())"),
}
"""What stands before and after the one argument today."""
_Write = Callable[[Source, ast.Call], "tuple[Edit, ...] | None"]
_SPECIAL: dict[str, _Write] = {}


def _writes(*names: str) -> Callable[[_Write], _Write]:
    """Register how a call of that name is written today."""

    def register(function: _Write) -> _Write:
        for name in names:
            _SPECIAL[name] = function
        return function

    return register


@rule
def backend_functions(source: Source) -> Iterator[Old]:
    """`K.dot(x, w)`."""
    for node in source.nodes:
        if not isinstance(node, ast.Call):
            continue
        name = _backend_name(source, node.func)
        if not name or name in _KEPT:
            continue
        edits = _written(source, node, name)
        told = {"old": f"{source.text(node.func)}", "new": _new_name(edits)}
        if edits is None:
            what = Message("Keras 3 has no “{old}”.", {"old": told["old"]})
        else:
            what = Message("Keras 3 has no “{old}”: today it is {new}.", told)
        gone = source.full_name(node.func).startswith("keras.") or not source.imports
        yield Old(node.lineno, what, edits or (), "error" if gone else "advice")


_KEPT = (
    "floatx",
    "epsilon",
    "image_data_format",
    "set_floatx",
    "set_epsilon",
    "set_image_data_format",
    "clear_session",
    "get_uid",
    "is_keras_tensor",
    "backend",
    "standardize_dtype",
    "result_type",
    "is_float_dtype",
    "is_int_dtype",
)


def _backend_name(source: Source, node: ast.AST) -> str:
    """ "dot" of `K.dot`; "" of what is not the backend's."""
    if not isinstance(node, ast.Attribute):  # from keras.backend import dot
        full = source.imports.get(node.id, "") if isinstance(node, ast.Name) else ""
    else:
        full = source.full_name(node)
        if full.startswith("K.") and "K" not in source.bound:
            full = f"keras.backend.{node.attr}"
    home, _, name = full.rpartition(".")
    return name if home in _BACKENDS else ""


def _new_name(edits: tuple[Edit, ...] | None) -> str:
    return next((edit.text for edit in edits or () if edit.text), "").strip("(, ")


def _written(source: Source, call: ast.Call, name: str) -> tuple[Edit, ...] | None:
    """How a call is written today; None if nothing does the same."""
    if name in _SPECIAL:
        return _SPECIAL[name](source, call)
    return _attribute(source, call, *_AROUND[name]) if name in _AROUND else _plainly(source, call, name)


def _plainly(source: Source, call: ast.Call, name: str) -> tuple[Edit, ...] | None:
    """The same arguments under another name."""
    if name not in _RENAMED:
        return None
    edits = [source.put(call.func, _RENAMED[name])]
    for keyword in call.keywords:
        today = _KEYWORDS.get(keyword.arg or "")
        if today:
            edits.append(source.keyword_name(keyword, today))
        elif keyword.arg == "dim_ordering" and constant(keyword.value) in ("default", "tf"):
            edits.append(source.dropped(call, keyword))
    if name in _AXIS and len(call.args) < 2 and keyword_of(call, "axis") is None:
        edits.append(source.added(call, f"axis={_AXIS[name]}"))
    return tuple(edits)


@_writes("pool2d", "pool3d")
def _pool(source: Source, call: ast.Call) -> tuple[Edit, ...] | None:
    mode = keyword_of(call, "pool_mode")
    if len(call.args) > 4:
        return None
    average = mode is not None and constant(mode.value) == "avg"
    edits = [source.put(call.func, "ops.average_pool" if average else "ops.max_pool")]
    for keyword in call.keywords:
        if keyword.arg == "border_mode":
            edits.append(source.keyword_name(keyword, "padding"))
        elif keyword.arg in ("pool_mode", "dim_ordering"):
            edits.append(source.dropped(call, keyword))
    if len(call.args) < 3 and keyword_of(call, "strides") is None:
        edits.append(source.added(call, "strides=1"))
    return tuple(edits)


@_writes("gather")
def _gather(source: Source, call: ast.Call) -> tuple[Edit, ...] | None:
    return source.put(call.func, "ops.take"), source.added(call, "axis=0")


@_writes("batch_flatten")
def _batch_flatten(source: Source, call: ast.Call) -> tuple[Edit, ...] | None:
    given = source.text(call.args[0]) if call.args else ""
    return _attribute(source, call, "ops.reshape(", f", (ops.shape({given})[0], -1))")


@_writes("repeat")
def _repeat(source: Source, call: ast.Call) -> tuple[Edit, ...] | None:
    if len(call.args) != 2 or call.keywords:
        return None
    x, _ = call.args
    return (
        source.put(call.func, "ops.repeat"),
        source.before(x, "ops.expand_dims("),
        source.after(x, ", 1)"),
        source.added(call, "axis=1"),
    )


@_writes("batch_dot")
def _batch_dot(source: Source, call: ast.Call) -> tuple[Edit, ...] | None:
    """Of two sequences over their features, or over the steps of one."""
    axes = keyword_of(call, "axes")
    given = call.args[2] if len(call.args) > 2 else axes.value if axes else None
    argument = given if axes is None else axes
    if len(call.args) < 2:
        return None
    x, y = call.args[:2]
    rename = source.put(call.func, "ops.matmul")
    if given is None or argument is None:
        return (rename,)
    try:
        over = ast.literal_eval(given)
    except ValueError:
        return None
    over = (over, over) if isinstance(over, int) else tuple(over)
    turned = {
        (2, 1): (),
        (2, 2): (source.before(y, "ops.swapaxes("), source.after(y, ", 1, 2)")),
        (1, 1): (source.before(x, "ops.swapaxes("), source.after(x, ", 1, 2)")),
        (1, 2): (
            source.before(x, "ops.swapaxes("),
            source.after(x, ", 1, 2)"),
            source.before(y, "ops.swapaxes("),
            source.after(y, ", 1, 2)"),
        ),
    }
    if over not in turned:
        return None
    drop = source.dropped(call, argument)
    if turned[over] and drop.line == turned[over][-1].end_line and drop.column == turned[over][-1].end_column:
        drop = Edit(drop.line, drop.column, drop.end_line, drop.end_column, turned[over][-1].text)
        return (rename, *turned[over][:-1], drop)
    return (rename, *turned[over], drop)


@_writes("bias_add")
def _bias_add(source: Source, call: ast.Call) -> tuple[Edit, ...] | None:
    if len(call.args) != 2 or call.keywords:
        return None
    x, b = call.args
    return (Edit(*source.start(call), *source.start(x), "("), Edit(*source.end(x), *source.start(b), " + "))


@_writes("in_train_phase")
def _in_train_phase(source: Source, call: ast.Call) -> tuple[Edit, ...] | None:
    if len(call.args) < 2:
        return None
    x, alternative = call.args[:2]
    flag = keyword_of(call, "training")
    flagged = source.text(flag.value) if flag else "training"
    return (
        Edit(*source.start(call), *source.start(x), "("),
        Edit(*source.end(x), *source.start(alternative), f" if {flagged} else "),
        Edit(*source.end(alternative), *source.end(call), ")"),
    )


@_writes("update", "update_add", "update_sub")
def _update(source: Source, call: ast.Call) -> tuple[Edit, ...] | None:
    if len(call.args) != 2:
        return None
    variable, value = call.args
    name = str(getattr(call.func, "attr", "update")).replace("update", "assign")
    return (
        Edit(*source.start(call), *source.start(variable), ""),
        Edit(*source.end(variable), *source.start(value), f".{name}("),
    )


def _attribute(source: Source, call: ast.Call, before: str, after: str) -> tuple[Edit, ...] | None:
    """A call of one argument as something around that argument."""
    if len(call.args) != 1 or call.keywords:
        return None
    (x,) = call.args
    return Edit(*source.start(call), *source.start(x), before), Edit(*source.end(x), *source.end(call), after)


@rule
def backend_import(source: Source) -> Iterator[Old]:
    """`from keras import backend as K`, where all that it is used for is written otherwise today."""
    used = [node for node in source.nodes if isinstance(node, ast.Attribute) and _backend_name(source, node)]
    if not used or any(is_kept(source, node) for node in used):
        return
    needed = _needed(source)
    for node in source.nodes:
        if not isinstance(node, (ast.Import, ast.ImportFrom)) or len(node.names) != 1:
            continue
        module = node.module if isinstance(node, ast.ImportFrom) else ""
        if ".".join(filter(None, (module, node.names[0].name))) in _BACKENDS:
            text = "from keras import ops" if "ops" in needed else "import keras"
            what = Message("What stood in {old} is in {new} today.", {"old": "keras.backend", "new": "keras.ops"})
            yield Old(node.lineno, what, (source.put(node, text),), "advice")


def is_kept(source: Source, node: ast.Attribute) -> bool:
    """Whether a use of the backend stays as it is."""
    return bool(name := _backend_name(source, node)) and (name in _KEPT or not _rewritten(source, node))


def _rewritten(source: Source, node: ast.AST) -> bool:
    """Whether a use of the backend is one that a rule writes anew."""
    call = next((one for one in source.nodes if isinstance(one, ast.Call) and one.func is node), None)
    if call is None:
        return False
    name = _backend_name(source, node)
    return (_SPECIAL[name](source, call) if name in _SPECIAL else _plainly(source, call, name)) is not None


def _needed(source: Source) -> set[str]:
    """Which names the rewritten calls need: "ops", "keras"."""
    found: set[str] = set()
    for node in source.nodes:
        if isinstance(node, ast.Call) and (name := _backend_name(source, node.func)) and name not in _KEPT:
            edits = _written(source, node, name)
            text = " ".join(edit.text for edit in edits or ())
            found |= {word for word in ("ops", "keras") if f"{word}." in text.replace("keras.ops", "ops")}
    return found


def needed_names(source: Source) -> set[str]:
    """The names that a text needs once its backend functions are written anew, and does not have."""
    imported = any(
        isinstance(node, (ast.Import, ast.ImportFrom))
        and len(node.names) == 1
        and ".".join(filter(None, (getattr(node, "module", ""), node.names[0].name))) in _BACKENDS
        for node in source.nodes
    )
    needed = _needed(source)
    given = {"ops"} if imported and "ops" in needed else {"keras"} if imported else set()
    left = any(isinstance(node, ast.Attribute) and is_kept(source, node) for node in source.nodes)
    return needed - (set() if left else given) - source.bound
