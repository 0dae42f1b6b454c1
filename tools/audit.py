"""`make audit`: are there known security faults in the installed packages? Says so too where nobody could be asked.

Exit code 0: none is known. 1: some are, and they are listed. 2: the advisories could not be read, so nothing is known.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

COMMAND = (sys.executable, "-m", "pip_audit", "--local", "--progress-spinner", "off", "--format", "json")
TIME_LIMIT = 300


@dataclass(frozen=True)
class Verdict:
    """What an audit came to.

    Attributes:
        code: the exit code.
        text: what is printed.
    """

    code: int
    text: str


def verdict(output: str, errors: str) -> Verdict:
    """Read what pip-audit printed. Only a complete report counts as an answer."""
    try:
        packages = json.loads(output)["dependencies"]
        faults = [
            f"{package['name']} {package['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions'])}"
            for package in packages
            for fault in package.get("vulns", ())
        ]
        skipped = [
            f"{package['name']}: not audited, {package['skip_reason']}"
            for package in packages
            if "vulns" not in package
        ]
    except (ValueError, KeyError, TypeError):
        last = (errors.strip() or "no report").splitlines()[-1]
        return Verdict(2, f"Not audited: the advisories could not be read, so nothing is known. {last}")
    if not packages or len(skipped) == len(packages):
        return Verdict(2, "\n".join(["Not audited: no package could be looked up, so nothing is known.", *skipped[:1]]))
    summary = f"{len(packages) - len(skipped)} packages audited, {len(faults)} known faults."
    return Verdict(1 if faults else 0, "\n".join([*faults, *skipped, summary]))


def main() -> int:
    """Run pip-audit and print its verdict."""
    try:
        done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
        found = verdict(done.stdout, done.stderr)
    except subprocess.TimeoutExpired:
        found = verdict("", f"No answer within {TIME_LIMIT} s.")
    print(found.text)
    return found.code


if __name__ == "__main__":
    sys.exit(main())
