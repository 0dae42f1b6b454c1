"""Jobs that run a text, in a process for a visitor's code. The text sees what an attacker would: everything."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import Any


def warm_up() -> None:
    """As the real jobs do where TensorFlow is loaded: its first operation, in threads of its own."""
    if "tensorflow" in sys.modules:
        sys.modules["tensorflow"].constant(1.0) + 1.0


def perform(name: str, args: dict[str, Any], arrays: dict[str, Any], report: Any) -> tuple[dict[str, Any], Any]:
    """Run `args["code"]`; what it left in `answer`. With `"codes"`, each of several, with what each came to."""
    if "codes" not in args:
        return {"answer": run(args["code"], args, report), "pid": os.getpid()}, {}
    came: dict[str, list[str]] = {}
    for name, code in args["codes"].items():
        try:
            came[name] = ["done", repr(run(code, args, report))[:200]]
        except BaseException as error:
            came[name] = ["refused", f"{type(error).__name__}: {error}"[:200]]
    return {"came": came, "pid": os.getpid()}, {}


def run(code: str, args: dict[str, Any], report: Any) -> Any:
    """What a text leaves in `answer`, given what an attacker may know."""
    space = {"report": report, "answer": None, **args.get("known", {})}
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        exec(compile(code, "<own code>", "exec"), space)
    return space["answer"]
