"""`layer-explorer watch my_layers.py`: start the app on a file that it follows. Each save is run and shown."""

from __future__ import annotations

import argparse
import ipaddress
import sys
from pathlib import Path
from typing import Any

from explorer.command.run import NOT_STARTED, add_common, start
from explorer.settings import WATCH_VARIABLE

LOOPBACK = "127.0.0.1"


def add(commands: Any) -> None:
    """Add the subcommand to the parser's."""
    parser = commands.add_parser(
        "watch",
        help="start the app on a file of yours, which is run and shown at each save",
        description="Start the app on a file of yours: its layers are run and shown at each save, with the modules "
        "beside it that it imports. It runs with your rights, so the app can be reached from this computer only.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the Python file")
    add_common(parser)
    parser.set_defaults(run=run, streamlit=[], address=LOOPBACK)


def run(options: argparse.Namespace) -> int:
    """Become the server. Returns only if it cannot."""
    if not options.file.is_file():
        return _refused("a Python file", f"{options.file}, which is none")
    if not _is_loopback(options.address):
        return _refused(f"an address of this computer only, such as {LOOPBACK}", options.address)
    return start(options, {WATCH_VARIABLE: str(options.file.resolve())})


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return address == "localhost"


def _refused(expected: str, received: str) -> int:
    print(f"Expected: {expected}. Received: {received}.", file=sys.stderr)
    return NOT_STARTED
