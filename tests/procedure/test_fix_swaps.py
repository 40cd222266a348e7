"""``assay review --fix`` where a revision drops and makes what has one name: it is never missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_fix import PARENTS, ROWS, Fixing

from generate.recipes.in_use import in_use

FOREIGN_KEY = 'sa.ForeignKeyConstraint(["parent_id"], ["parents.id"], name="fk")'
CHILDREN = (
    'children = sa.Table("children", metadata, sa.Column("id", sa.BigInteger, primary_key=True),'
    ' sa.Column("item_id", sa.Integer, sa.ForeignKey("items.id", name="fk_item")))\n'
)


def items(*more: str) -> str:
    """The models before the revision."""
    columns = [
        'sa.Column("id", sa.Integer, nullable=False, autoincrement=False)',
        'sa.Column("parent_id", sa.Integer)',
        'sa.Column("a", sa.Integer, nullable=False)',
        'sa.Column("name", sa.String(50))',
        'sa.PrimaryKeyConstraint("id", name="pk")',
        *more,
    ]
    return PARENTS + f'items = sa.Table("items", metadata, {", ".join(columns)})\n'


def again(drop: str, old: str, new: str) -> tuple[str, str]:
    """Both functions of a revision that drops and makes."""
    return f"{drop}\n{new}", f"{drop}\n{old}"


CHECKS = "sa.CheckConstraint('a > -5', name='positive')"
CHECK = again(
    'op.drop_constraint("positive", "items", type_="check")  # too low',
    'op.create_check_constraint("positive", "items", "a > -5")',
    'op.create_check_constraint("positive", "items", "a > 0")',
)
KEY = again(
    'op.drop_constraint("fk", "items", type_="foreignkey")',
    'op.create_foreign_key("fk", "items", "parents", ["parent_id"], ["id"])',
    'op.create_foreign_key("fk", "items", "parents", ["parent_id"], ["id"], deferrable=True)',
)
PRIMARY = again(
    'op.drop_constraint("pk", "items", type_="primary")',
    'op.create_primary_key("pk", "items", ["id"])',
    'op.create_primary_key("pk", "items", ["a", "id"])',
)
UNIQUE = again(
    'op.drop_constraint("uq", "items", type_="unique")',
    'op.create_unique_constraint("uq", "items", ["a"])',
    'op.create_unique_constraint("uq", "items", ["a", "name"])',
)
INDEX = again(
    'op.drop_index("ix", "items")',
    'op.create_index("ix", "items", ["a"])',
    'op.create_index("ix", "items", ["a", "name"])',
)
CASES = {
    "check": (
        items(CHECKS),
        CHECK,
        [
            "# too low",
            "op.set_constraint_aside_online('items', 'positive', 'positive_replaced')",
            "op.create_check_constraint_online(op.f('positive'), 'items', 'a > 0')",
            "op.drop_constraint_online('positive_replaced', 'items', type_='check')",
        ],
    ),
    "foreign key": (
        items(FOREIGN_KEY),
        KEY,
        [
            "op.set_constraint_aside_online('items', 'fk', 'fk_replaced')",
            "op.create_foreign_key_online(",
            "op.drop_constraint_online('fk_replaced', 'items', type_='foreignkey')",
        ],
    ),
    "primary key": (
        items(),
        PRIMARY,
        ["op.create_primary_key_online(op.f('pk'), 'items', ['a', 'id'], replaces='pk')"],
    ),
    "unique": (
        items('sa.UniqueConstraint("a", name="uq")'),
        UNIQUE,
        [
            "op.set_index_aside_online(",
            "op.create_unique_constraint_online(",
            "drop_constraint_online('uq_replaced'",
        ],
    ),
    "index": (
        items('sa.Index("ix", "a")'),
        INDEX,
        ["op.set_index_aside_online(", "op.create_index_online(", "op.drop_index_online("],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_old_one_is_there_until_the_new_one_is(
    case: str, postgresql_server: str, tmp_path: Path
) -> None:
    models, (up, down), expected = CASES[case]
    with in_use(postgresql_server, tmp_path / "app", models, *ROWS) as project:
        fixing = Fixing(project)
        fixing.head(up, down)
        fixing.fix()
        text = fixing.file.read_text()
        assert fixing.added == []
        at = [text.index(one) for one in expected]
        assert at == sorted(at), text
        assert "op.drop_constraint(" not in text
        assert fixing.findings("") == []
        fixing.there_and_back()


def test_several_at_once(postgresql_server: str, tmp_path: Path) -> None:
    """All are dropped first, then made, as people write it."""
    pairs = [(up.split("\n"), down.split("\n")) for up, down in (CHECK, KEY, UNIQUE)]
    up, down = (
        "\n".join([*(one[side][0] for one in pairs), *(one[side][1] for one in pairs)])
        for side in (0, 1)
    )
    models = items(CHECKS, FOREIGN_KEY, 'sa.UniqueConstraint("a", name="uq")')
    with in_use(postgresql_server, tmp_path / "app", models, *ROWS) as project:
        fixing = Fixing(project)
        fixing.head(up, down)
        fixing.fix()
        text = fixing.file.read_text()
        assert text.count("op.set_constraint_aside_online('items', 'positive'") == 2
        assert text.count("op.set_constraint_aside_online('items', 'fk'") == 2
        assert text.count("op.set_index_aside_online('items', 'uq'") == 2
        assert fixing.findings("") == []
        fixing.there_and_back()


def test_a_key_that_others_refer_to_keeps_its_order(postgresql_server: str, tmp_path: Path) -> None:
    """Theirs are dropped before and made after, by other statements: only the key is swapped."""
    away = 'op.drop_constraint("fk_item", "children", type_="foreignkey")'
    back = 'op.create_foreign_key("fk_item", "children", "items", ["item_id"], ["id"])'
    up = f'{away}\n{PRIMARY[0]}\nop.create_unique_constraint("uq_id", "items", ["id"])\n{back}'
    down = f'{away}\nop.drop_constraint("uq_id", "items", type_="unique")\n{PRIMARY[1]}\n{back}'
    with in_use(postgresql_server, tmp_path / "app", items() + CHILDREN, *ROWS) as project:
        fixing = Fixing(project)
        fixing.head(up, down)
        fixing.fix()
        text = fixing.file.read_text()
        assert "op.drop_constraint_online('fk_item', 'children', type_='foreignkey')" in text
        assert "['a', 'id'], replaces='pk')" in text
        assert "aside" not in text
        fixing.there_and_back()


def test_what_is_done_in_between_keeps_the_order(postgresql_server: str, tmp_path: Path) -> None:
    drop, new = CHECK[0].split("\n")
    _, old = CHECK[1].split("\n")
    default = 'op.alter_column("items", "a", server_default=sa.text("7"))'
    nothing = 'op.alter_column("items", "a", server_default=None)'
    up, down = f"{drop}\n{default}\n{new}", f"{drop}\n{nothing}\n{old}"
    with in_use(postgresql_server, tmp_path / "app", items(CHECKS), *ROWS) as project:
        fixing = Fixing(project)
        fixing.head(up, down)
        fixing.fix()
        text = fixing.file.read_text()
        assert "aside" not in text
        assert "op.create_check_constraint_online(" in text
        fixing.there_and_back()


def test_the_key_of_the_parent_is_not_replaced_under_the_foreign_key(
    postgresql_server: str, tmp_path: Path
) -> None:
    """It stands on the old one, which could not be dropped."""
    drop = 'op.drop_constraint("uq_p", "parents", type_="unique")'
    make = 'op.create_unique_constraint("uq_p", "parents", ["id"])'
    up, down = (one.replace("\n", f"\n{drop}\n{make}\n") for one in KEY)
    parents = (
        'parents = sa.Table("parents", metadata, sa.Column("id", sa.Integer, nullable=False),'
        ' sa.UniqueConstraint("id", name="uq_p"))\n'
    )
    models = parents + items(FOREIGN_KEY).removeprefix(PARENTS)
    with in_use(postgresql_server, tmp_path / "app", models, *ROWS) as project:
        fixing = Fixing(project)
        fixing.head(up, down)
        fixing.fix()
        text = fixing.file.read_text()
        assert "op.drop_constraint_online('fk', 'items', type_='foreignkey')" in text
        assert "op.set_index_aside_online('parents', 'uq_p', 'uq_p_replaced')" in text
        fixing.there_and_back()
