"""``assay change`` stops by catalog where Alembic itself sees nothing wrong."""

from __future__ import annotations

from helpers import Laid


def test_what_alembic_does_not_see_is_generated(app: Laid) -> None:
    app.imports("CheckConstraint")
    app.column('Column("age", Integer)')
    app.column('CheckConstraint("length(name) > 0", name="name_given")')
    ran = app.change("age, and a check", code=0)
    assert ran.statuses == dict.fromkeys(range(1, 9), "passed")
    assert "ck_users_name_given" in str(app.sql("SELECT sql FROM sqlite_master"))


def test_a_type_is_dropped_by_the_downgrade(app_postgresql: Laid) -> None:
    app = app_postgresql
    app.imports("Enum")
    app.table(
        'moods = Table("moods", metadata, Column("id", Integer, primary_key=True),\n'
        '    Column("mood", Enum("ok", "sad", name="mood")))'
    )
    ran = app.change("moods", code=0)
    assert ran.statuses == dict.fromkeys(range(1, 9), "passed")
    shadow = ran.step("reverse")["shadow"]
    assert shadow["after_down"] == []
    assert shadow["raised"] is None


def test_backups_do_not_grow_without_limit(app: Laid) -> None:
    for number in range(7):
        app.column(f'Column("extra_{number}", Integer)')
        app.change(f"extra {number}", code=0)
    assert len(list((app.root / ".assay/backups").glob("*.db"))) == 5
