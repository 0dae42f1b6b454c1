"""`python -m explorer doctor file.py:Class --input 2,10,10 --params units=4`: examine a layer of a file."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from explorer.command.loading import NotLoaded, layer_class
from explorer.command.values import BadValue, arrays, parameters

HEALTHY, FINDINGS, NOT_EXAMINED = 0, 1, 2
_CODES = "exit code: 0 the layer is healthy, 1 something is wrong with it, 2 it could not be examined"


def add(commands: Any) -> None:
    """Add the subcommand to the parser's."""
    parser = commands.add_parser(
        "doctor", help="examine a layer", description="Make every check of the doctor on a Keras layer.", epilog=_CODES
    )
    parser.add_argument("layer", help="path/to/file.py:ClassName, or package.module:ClassName")
    parser.add_argument(
        "--input", action="append", required=True, dest="inputs", metavar="SHAPE[:DTYPE]",
        help="shape of an input, batch first: 2,10,10 or 2,5:int32; once for each input of the call",
    )  # fmt: skip
    parser.add_argument("--list", action="store_true", help="the call takes its inputs as one list, as Add does")
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
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        inputs, params = arrays(options.inputs), parameters(options.params)
        make = layer_class(options.layer)
    except (BadValue, NotLoaded) as error:
        print(error, file=sys.stderr)
        return NOT_EXAMINED
    import functools

    from explorer.command.printing import printed
    from explorer.core.doctor import examine
    from explorer.engine.reports import report_to_meta

    report = examine(functools.partial(make, **params), [inputs] if options.list else inputs, seconds=options.seconds)
    print(json.dumps(report_to_meta(report), indent=1) if options.json else printed(report, options.all))
    advised = options.strict and any(finding.outcome == "advice" for finding in report.findings)
    if report.failed or advised:
        return FINDINGS
    return HEALTHY if report.complete else NOT_EXAMINED
