"""`python -m explorer doctor file.py:Class --input 2,10,10 --params units=4`: examine a layer of a file."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from explorer.command.loading import NotLoaded, layer_class
from explorer.command.output import own_output
from explorer.command.values import BadValue, arrays, construction
from explorer.engine import configuration

HEALTHY, FINDINGS, NOT_EXAMINED = 0, 1, 2
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

The report goes to standard output, what the layer prints to standard error.
exit code: 0 the layer is healthy, 1 something is wrong with it, 2 it could not be examined
"""


def add(commands: Any) -> None:
    """Add the subcommand to the parser's."""
    parser = commands.add_parser(
        "doctor", help="examine a layer", description="Make every check of the doctor on a Keras layer.", epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("layer", help="path/to/file.py:ClassName, or package.module:ClassName")
    parser.add_argument(
        "--input", action="append", required=True, dest="inputs", metavar="[NAME=]SHAPE[:DTYPE]",
        help="an input of the call; once for each",
    )  # fmt: skip
    together = parser.add_mutually_exclusive_group()
    together.add_argument("--list", action="store_true", help="the call takes its inputs as one list, as Add does")
    together.add_argument("--dict", action="store_true", help="the call takes its named inputs as one dictionary")
    parser.add_argument(
        "--params", nargs="+", action="extend", default=[], metavar="NAME=VALUE", help="constructor arguments"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--all", action="store_true", help="print what passed and what does not apply, too")
    parser.add_argument("--strict", action="store_true", help="advice counts as a finding")
    parser.add_argument("--seconds", type=float, help="begin no check after so many seconds")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Examine, print, and tell by the exit code."""
    configuration.adopt()  # before the layer's file, which imports Keras
    try:
        with own_output():
            report = _examined(options)
    except (BadValue, NotLoaded) as error:
        print(error, file=sys.stderr)
        return NOT_EXAMINED
    from explorer.command.printing import printed
    from explorer.engine.reports import report_to_meta

    print(json.dumps(report_to_meta(report), indent=1) if options.json else printed(report, options.all))
    advised = options.strict and any(finding.outcome == "advice" for finding in report.findings)
    if report.failed or advised:
        return FINDINGS
    return HEALTHY if report.complete else NOT_EXAMINED


def _examined(options: argparse.Namespace) -> Any:
    positional, named = arrays(options.inputs)
    if options.dict and positional:
        raise BadValue("With --dict every input has a name: --input query=2,5,8. Received one without.")
    make, module = layer_class(options.layer)
    layer = construction(make, options.params, module)
    from explorer.core.doctor import examine

    inputs: list[Any] = [positional] if options.list else [named] if options.dict else list(positional)
    return examine(layer, inputs, None if options.dict else named, seconds=options.seconds)
