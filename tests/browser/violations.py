"""What axe finds on a page."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from screen import Screen

RULES = {"light": {}, "dark": {"runOnly": ["color-contrast"]}}
"""Which of axe's rules each theme is looked at with: the same page in other colours differs in its contrast only."""


def serious(screen: Screen, scheme: str, within: str = "body") -> list[tuple[str, str]]:
    """What axe calls serious or critical: the rule and the first place."""
    violations = Axe().run(screen.page, context=within, options=RULES[scheme]).response["violations"]
    return [
        (violation["id"], str(violation["nodes"][0]["html"])[:200])
        for violation in violations
        if violation["impact"] in ("serious", "critical")
    ]
