"""`layer-explorer doctor file.py:Class --input 2,10,10 --params units=4`: examine a layer of a file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from explorer.command import supervising
from explorer.command.formats import FORMATS
from explorer.command.printing import printed, treated
from explorer.command.request import NotExamined, Request
from explorer.command.values import BadValue, arrays, as_code
from explorer.export.counterexample import TITLE, pytest_file
from explorer.model.cure import Treatment

HEALTHY, FINDINGS, NOT_EXAMINED = 0, 1, 2
SECONDS = 300.0
_MARK = "\ufeff"
"""With it some editors begin a file."""
_MORE = """\
inputs
  --input 2,10,10                     random float32 numbers of this shape, batch first
  --input 2,5:int32                   random ids below 10
  --input 2,3 --input 2,3             two arguments of the call: call(a, b)
  --input 2,3 --input 2,3 --list      one list of two: call([a, b])
  --input query=2,5,8 --input value=2,7,8
                                      by name: call(query=..., value=...)
  --input a=2,3 --input b=2,3 --dict  one dictionary: call({"a": ..., "b": ...})

parameters
  --params units=4 shape=(2,3)        Python literals
  --params activation=relu            what is no literal is a text
  --params 'layer=keras.layers.Dense(4)'
                                      the call of a class of Keras, or of the layer's own file

The layer runs in a process of its own. The report goes to standard output, what the layer prints to standard error.
exit code: 0 the layer is healthy, 1 something is wrong with it, 2 it could not be examined, or not to the end.
A check that a busy machine kept from telling is undecided: the report says so, the exit code does not.

A comment in the layer's source keeps a finding from counting, on the line of the class for all of it, on another line
for that line, and says why:
  class Mine(keras.layers.Layer):  # layer-explorer: ignore[registered] it is never saved
"""


def add(commands: Any) -> None:
    """Add the subcommand to the parser's."""
    parser = commands.add_parser(
        "doctor",
        help="examine a layer",
        description="Make every check of the doctor on a Keras layer.",
        epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("layer", help="path/to/file.py:ClassName, or package.module:ClassName")
    parser.add_argument(
        "--input",
        action="append",
        required=True,
        dest="inputs",
        metavar="[NAME=]SHAPE[:DTYPE]",
        help="an input of the call; once for each",
    )
    together = parser.add_mutually_exclusive_group()
    together.add_argument("--list", action="store_true", help="the call takes its inputs as one list, as Add does")
    together.add_argument("--dict", action="store_true", help="the call takes its named inputs as one dictionary")
    parser.add_argument(
        "--params", nargs="+", action="extend", default=[], metavar="NAME=VALUE", help="constructor arguments"
    )
    parser.add_argument(
        "--format",
        choices=("text", *FORMATS),
        default="text",
        help="how the report is printed: text, json, github (a workflow's annotations) or sarif (for editors)",
    )
    parser.add_argument("--all", action="store_true", help="print what passed and what does not apply, too")
    parser.add_argument("--strict", action="store_true", help="advice counts as a finding")
    ids: dict[str, Any] = {"nargs": "+", "action": "extend", "default": [], "metavar": "CHECK"}
    parser.add_argument("--select", **ids, help="make these checks only, and those that they come after")
    parser.add_argument("--ignore", **ids, help="what these checks find does not count")
    parser.add_argument(
        "--backend", default="", help="run it on this backend of Keras, too: jax. What computes otherwise is told"
    )
    parser.add_argument("--seed", type=int, help="of all random numbers (default: the same ones each time)")
    parser.add_argument(
        "--tests", metavar="FILE", help="write a pytest file: a test for each finding that has a counterexample"
    )
    parser.add_argument(
        "--fix",
        action="store_true",
        help="run changes of the file, and write those into it that are proven to cure what was found",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=SECONDS,
        help=f"stop the examination after so many seconds (default {SECONDS:g}); what was found until then is told",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Have it examined, print, and tell by the exit code."""
    request = Request(
        options.layer,
        tuple(options.inputs),
        tuple(options.params),
        options.list,
        options.dict,
        options.seconds,
        tuple(options.select),
        tuple(options.ignore),
        options.seed,
        options.backend,
        options.fix,
    )
    try:
        _check(request)
        before = _text(request) if request.fix else ""
        treatment = supervising.examination(request)
        _write(request, before, treatment)
    except (BadValue, NotExamined) as error:
        print(error, file=sys.stderr)
        return NOT_EXAMINED
    report = treatment.report
    if request.fix:
        print(
            treated(treatment, before.removeprefix(_MARK), _file(request)),
            file=sys.stdout if options.format == "text" else sys.stderr,
        )
    write = FORMATS.get(options.format)
    print(write(report) if write is not None else printed(report, options.all))
    if options.tests:
        imported, construction = as_code(request.layer, request.params)
        beginning = [f'"""{TITLE}"""', "", "import keras", "import numpy as np", imported]
        try:
            _save(options.tests, pytest_file(report.findings, beginning, construction))
        except NotExamined as error:
            print(error, file=sys.stderr)
            return NOT_EXAMINED
    advised = options.strict and any(finding.outcome == "advice" for finding in report.findings)
    if report.failed or advised:
        return FINDINGS
    return HEALTHY if report.complete else NOT_EXAMINED


def _file(request: Request) -> str:
    return request.layer.rpartition(":")[0]


def _text(request: Request) -> str:
    """The file that is to be changed.

    Raises:
        NotExamined: if the layer is not named by a file, or that cannot be read.
    """
    if not _file(request).endswith(".py"):
        raise NotExamined("--fix changes a file: name it, path/to/file.py:ClassName.")
    try:
        return Path(_file(request)).read_bytes().decode("utf-8")
    except (OSError, ValueError) as error:
        raise NotExamined(f"{_file(request)} cannot be read: {error}") from error


def _write(request: Request, before: str, treatment: Treatment) -> None:
    """Write the cures into the file, with the line ends and the mark at its beginning that it had.

    Raises:
        NotExamined: if it has changed meanwhile, or cannot be written.
    """
    if not treatment.taken:
        return
    if _text(request) != before:
        raise NotExamined(f"{_file(request)} was changed meanwhile: nothing was written into it.")
    text = treatment.code.replace("\n", "\r\n") if "\r\n" in before else treatment.code
    mark = _MARK if before.startswith(_MARK) else ""
    _save(_file(request), mark + text)


def _save(file: str, text: str) -> None:
    """Write a file, its line ends as they are.

    Raises:
        NotExamined: if it cannot be written.
    """
    try:
        Path(file).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise NotExamined(f"{file} cannot be written: {error}") from error


def _check(request: Request) -> None:
    """Refuse what can be refused without the layer.

    Raises:
        BadValue: if an input cannot be read.
    """
    positional, _ = arrays(request.inputs)
    if request.as_dict and positional:
        raise BadValue("With --dict every input has a name: --input query=2,5,8. Received one without.")
