"""The command `layer-explorer`, or `python -m explorer`. A subcommand is a module here with `add(subparsers)`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from explorer.command import doctor, run, watch
from explorer.project import COMMAND

COMMANDS = (run, watch, doctor)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says.

    Args:
        arguments: the command line without the program; the process's own if None.
    Returns:
        The exit code of the process.
    """
    parser = argparse.ArgumentParser(COMMAND, description="See, and examine, Keras layers.")
    subparsers = parser.add_subparsers(required=True, metavar="command")
    for command in COMMANDS:
        command.add(subparsers)
    options = parser.parse_args(arguments)
    code: int = options.run(options)
    return code
