"""Bring the Korean catalogue up to date: new texts are added untranslated, texts that are gone are dropped."""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

import explorer.i18n
from tools.messages.msgids import msgids

_HEADER = "# The Korean texts of Layer Explorer. `make messages` keeps the msgids complete."
PO = Path(explorer.i18n.__file__).with_name("ko.po")


def update(path: Path = PO) -> tuple[list[str], list[str]]:
    """Write the catalogue with exactly the project's msgids, in alphabetical order.

    Returns:
        The msgids without a translation, and those that were dropped.
    """
    old = Catalog(locale="ko")
    if path.exists():
        with path.open("rb") as file:
            old = read_po(file, locale="ko")
    wanted = sorted(msgids())
    new = Catalog(
        locale="ko",
        header_comment=_HEADER,
        fuzzy=False,
        project="Layer Explorer",
        version="0.1",
        last_translator="Layer Explorer",
        language_team="Korean",
        msgid_bugs_address="",
    )
    for msgid in wanted:
        known = old.get(msgid)
        new.add(msgid, known.string if known else "")
    with path.open("wb") as file:
        write_po(file, new, width=120, sort_output=True)
    dropped = [str(m.id) for m in old if m.id and m.id not in set(wanted)]
    return [msgid for msgid in wanted if not new[msgid].string], dropped


if __name__ == "__main__":
    missing, dropped = update()
    print(f"{len(missing)} texts wait for a translation, {len(dropped)} were dropped")
    for msgid in missing[:20]:
        print("  ", msgid[:100])
