"""The command `layer-explorer`, or `python -m explorer`. A subcommand is a module here with `add(subparsers)`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from explorer.command import doctor, run

COMMANDS = (run, doctor)


def console() -> int:
    """What `pip install` makes the command `layer-explorer` of."""
    return main(sys.argv[1:], "layer-explorer")


def main(arguments: Sequence[str], name: str = "python -m explorer") -> int:
    """Do what the command line says.

    Args:
        arguments: the command line without the program.
        name: what the program calls itself.
    Returns:
        The exit code of the process.
    """
    parser = argparse.ArgumentParser(name, description="See, and examine, Keras layers.")
    subparsers = parser.add_subparsers(required=True, metavar="command")
    for command in COMMANDS:
        command.add(subparsers)
    options = parser.parse_args(arguments)
    code: int = options.run(options)
    return code
