"""`python -m explorer doctor path/to/file.py:ClassName --input 2,10,10`: the command, in a checkout too.

`python path/to/explorer doctor ...` works from any directory, also from one that has an `explorer` of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path

if not __package__:  # run as a directory: Python looks inside it, not beside it
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from explorer.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
