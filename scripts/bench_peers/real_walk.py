"""Walks one real project's chain on shadows: which revisions are safe by effect, and what Assay says.

    python real_walk.py FOLDER [REV ...]

Run by ``real.py`` with the Python of the project's own environment, Assay before it on the path.
FOLDER is the project as ``scripts/real_projects`` lays it out. Without revisions every one of the
chain is looked at; the others are only run. Writes one JSON document: for each revision its file, the
reasons for which it is safe or the first for which it is not, the SQL it executed, and for the safe
ones what ``assay review`` finds.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from assay.catalog import CatalogObject, Change, Difference, Snapshot, compare
from assay.config import load_settings
from assay.errors import AssayError
from assay.procedure.proving import Examination
from assay.procedure.session import Session, open_session
from assay.prove.walk import walk
from assay.shadow.reading import read_database

if TYPE_CHECKING:
    from alembic.script import Script

PARTS = frozenset({"column", "primary key", "unique", "check", "index", "sequence", "exclusion"})
"""What comes with a new table."""


def unsafe(difference: Difference, before: Snapshot, after: Snapshot) -> str:
    """Why a change of the catalog is not safe by the page's criterion; empty if it is."""
    made = difference.object
    if difference.change is not Change.ADDED:
        return f"{difference.change.value} {made.label}"
    tables = {o.key for o in after.of_kind("table")} - {o.key for o in before.of_kind("table")}
    table = made.key[:-1]
    if made.kind == "column" and made.get("type") == "json":
        return f"{made.label} is json"
    if made.kind == "table":
        keys = [o for o in after.of_kind("primary key") if o.key[:-1] == made.key]
        return small(keys[0], after) if keys else f"{made.label} has no primary key"
    if made.kind == "enum" or (made.kind in PARTS and table in tables):
        return ""
    if made.kind == "sequence":
        # of a serial or identity column of a new table: its name begins with the table's
        return "" if any(made.key[-1].startswith(t[-1]) for t in tables) else f"added {made.label}"
    if made.kind == "foreign key" and table in tables:
        wanted = str(made.get("definition") or made.get("references") or "")
        new = {t[-1] for t in tables}
        named = wanted.partition("REFERENCES ")[2].partition("(")[0].strip().rpartition(".")[2]
        return "" if named.strip('"') in new else f"{made.label} refers to a table in use"
    if made.kind == "column":
        values = [made.get(name) for name in ("default", "identity", "generated")]
        if made.get("not null") != "true" and not any(values):
            return ""
        return f"{made.label} is NOT NULL or has a value of its own"
    return f"added {made.label}"


def small(key: CatalogObject, after: Snapshot) -> str:
    """Why a primary key's numbers end; empty if they do not."""
    text = str(key.get("definition"))
    (name, *more) = text[text.index("(") + 1 : text.rindex(")")].split(", ")
    column = after.get("column", *key.key[:-1], name.strip('"'))
    if more or column is None or column.get("type") not in ("integer", "smallint"):
        return ""
    return f"{column.label} is a primary key of {column.get('type')}"


@contextlib.contextmanager
def listening(into: list[str]) -> Any:
    """Note every statement that is sent, Alembic's own table left out."""

    def note(_c: Any, _cursor: Any, sql: str, parameters: Any, *_: Any) -> None:
        if "alembic_version" not in sql:
            into.append(sql + (f"  -- {parameters!r}" if parameters else ""))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def look(session: Session, at: Any, revision: Script, before: Snapshot) -> dict[str, Any]:
    """One revision, on a shadow that stands before it and is brought past it."""
    sent: list[str] = []
    after_at = session.copy(at)
    with listening(sent):
        after = session.upgraded(after_at, [revision]).snapshot
    own = [s for s in sent if s.split(None, 1)[0].upper() in ("CREATE", "ALTER", "COMMENT", "DROP")]
    # what the upgrade changes beside the catalog, and asks: both make the safe form a matter of data
    other = [
        s
        for s in sent
        if s.split(None, 1)[0].upper() in ("INSERT", "UPDATE", "DELETE", "DO", "TRUNCATE", "WITH")
    ]
    changes = compare(before, after)
    why = next((w for d in changes if (w := unsafe(d, before, after))), "")
    if not changes:
        why = "changes nothing"
    if other:
        why = why or f"executes {other[0].split(None, 1)[0]}"
    found: list[Any] | None = None
    if not why:
        copied = session.copy(at)
        (reversal,) = walk(session.project, session.shadows, copied, [revision])
        session.shadows.drop(copied)
        if not reversal.reverses:
            why = "does not come back by its downgrade"
    if not why:
        step, _, _ = Examination(session, revision, False, _before=at).review()
        found = step.to_json()["findings"]
    session.shadows.drop(at)
    tables = {o.key for d in changes for o in [d.object] if o.kind == "table"}
    shown = [d.text for d in changes if d.object.kind == "table" or d.object.key[:-1] not in tables]
    return {
        "at": after_at,
        "snapshot": after,
        "revision": revision.revision,
        "file": str(revision.path),
        "unsafe": why,
        "changes": shown,
        "sql": own,
        "findings": found,
    }


def main() -> None:
    """Walk, and write the document."""
    root, wanted = Path(sys.argv[1]), set(sys.argv[2:])
    real_out, rows = sys.stdout, []
    with (
        contextlib.redirect_stdout(io.StringIO()),
        open_session(load_settings(root, None)) as session,
    ):
        at = session.fresh()
        snapshot = read_database(session.project, at).snapshot
        for revision in session.project.history.revisions:
            try:
                if wanted and revision.revision not in wanted:
                    snapshot = session.upgraded(at, [revision]).snapshot
                    continue
                seen = look(session, at, revision, snapshot)
            except AssayError as error:
                rows.append({"revision": revision.revision, "unsafe": f"stopped: {error.what}"})
                break
            at, snapshot = seen.pop("at"), seen.pop("snapshot")
            rows.append(seen)
    json.dump(rows, real_out)


if __name__ == "__main__":
    main()
