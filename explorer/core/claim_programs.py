"""Runs a claim's snippet, in the process that has Keras, and returns what a terminal would show."""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
import warnings
from collections.abc import Iterator
from typing import Any

from explorer.core.keras_private import (
    NAME_COUNTERS,
    global_attribute,
    object_registration,
    set_global_attribute,
    set_random_seed,
)

ERROR_LINES = 12
"""Of an error's message: enough for every line that says something."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def run_snippet(source: str) -> str:
    """Execute a snippet of ours and return its output.

    The seed is set first and the snippet runs in an empty temporary folder. Afterwards Keras is as it was before:
    name counters, registered classes, default dtype, floatx and image data format. One snippet at a time in a process
    (stdout and the working folder belong to the whole process).

    Args:
        source: Python source that imports what it uses. Trusted: it comes from the claims files only.

    Returns:
        What it printed; then one line "UserWarning: ..." for each warning to the user; then, if it raised,
        "TypeError: ..." with the first lines of the message, without colour codes.
    """
    printed = io.StringIO()
    raised = ""
    with (
        _keras_put_back(),
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
        contextlib.redirect_stdout(printed),
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        try:
            exec(compile(source, "<snippet>", "exec"), {"__name__": "__main__"})
        except Exception as error:
            raised = _told(error)
    said = [f"{type(one.message).__name__}: {_plain(str(one.message), 1)}" for one in warned]
    return "\n".join(part for part in (_COLOUR.sub("", printed.getvalue()).rstrip("\n"), *said, raised) if part)


def _told(error: Exception) -> str:
    """The error's type and message; where a SyntaxError points to as well."""
    message = _plain(str(error), ERROR_LINES)
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _plain(message: str, count: int) -> str:
    lines = [line.rstrip() for line in _COLOUR.sub("", message).splitlines() if line.strip()]
    return "\n".join(lines[:count])


@contextlib.contextmanager
def _keras_put_back() -> Iterator[None]:
    """Fresh names and a fixed seed inside; everything that is global in Keras as it was, afterwards."""
    import keras

    names: Any = global_attribute(NAME_COUNTERS)
    tables = object_registration.GLOBAL_CUSTOM_OBJECTS, object_registration.GLOBAL_CUSTOM_NAMES
    registered = [dict(table) for table in tables]
    policy, floatx = keras.config.dtype_policy(), keras.config.floatx()
    data_format, epsilon = keras.config.image_data_format(), keras.config.epsilon()
    set_global_attribute(NAME_COUNTERS, None)
    set_random_seed(0)
    try:
        yield
    finally:
        set_global_attribute(NAME_COUNTERS, names)
        for table, before in zip(tables, registered, strict=True):
            table.clear()
            table.update(before)
        keras.config.set_floatx(floatx)
        keras.config.set_epsilon(epsilon)
        keras.config.set_image_data_format(data_format)
        keras.config.set_dtype_policy(policy)
