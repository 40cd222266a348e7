"""What is a rename, what is a question, what is stale: told from real catalogs of both sides."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa
from pairs import Place, create_all, models

from assay.catalog import Snapshot
from assay.errors import UsageError
from assay.generate.answers import Answers, read_answers
from assay.generate.names import Key
from assay.generate.renames import Resolved, applicable, renames_in, resolve, stale_in

USERS = """
metadata = MetaData()
Table("users", metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(50), nullable=False, server_default="x", index=True),
    Column("age", Integer),
    Column("status", Enum("old", "on", name="status_t", create_constraint=True)),
)
Table("posts", metadata, Column("id", Integer, primary_key=True), Column("text", Text))
"""
LAST = "create_constraint=True)),\n)"
ORDER = ("id", "name", "age", "status")


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mysql"])
def place(request: pytest.FixtureRequest, lite: Place) -> Place:
    """Where databases are made, each engine."""
    if request.param == "sqlite":
        return lite
    server = "postgresql_server" if request.param == "postgresql" else "mariadb_server"
    return Place(request.getfixturevalue(server))


@pytest.fixture(scope="module")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """SQLite, for what hangs on no engine."""
    return Place(tmp_path_factory.mktemp("lite"))


@cache
def catalog_of(place: Place, source: str) -> Snapshot:
    """The catalog that ``create_all`` makes; the same source is made once."""
    with place.database() as engine:
        found = create_all(engine, models(source))
        engine.dispose()
    return found


def sides(place: Place, new: str, old: str = USERS) -> tuple[Snapshot, Snapshot, sa.MetaData]:
    """The catalogs of two sources, and the new models."""
    return catalog_of(place, old), catalog_of(place, new), models(new)


def changed(*edits: tuple[str, str], source: str = USERS) -> str:
    """A source with texts replaced; each must be there."""
    for old, new in edits:
        assert old in source
        source = source.replace(old, new)
    return source


def resolved(place: Place, new: str, answers: Answers | None = None, old: str = USERS) -> Resolved:
    """What is found between two sources."""
    before, after, metadata = sides(place, new, old)

    def order(table: Key) -> tuple[str, ...]:
        return ORDER if table[-1] == "users" else ()

    return resolve(before, after, [metadata], answers or Answers(), order=order)


FULL_NAME = ('"name"', '"full_name"')


def test_a_column_gone_and_one_new(place: Place) -> None:
    """One question, the flags for either answer, the evidence."""
    [question] = resolved(place, changed(FULL_NAME)).questions
    assert (question.kind, question.old) == ("column", "users.name")
    assert question.dropped == "--drop users.name"
    [one] = question.candidates
    assert (one.new, one.answer) == ("full_name", "--rename users.name=full_name")
    assert one.evidence[0].lower().startswith("same type ")
    assert one.evidence[1].startswith("same default ")
    assert one.evidence[2:] == ("same position", "same constraints and indexes")


def test_the_likeliest_comes_first(place: Place) -> None:
    """Same type, place, index and a like name before what shares the family of types only."""
    new = changed(
        ('Column("name", String(50)', 'Column("about", Text),\n    Column("full_name", String(50)'),
        ('Column("age", Integer)', 'Column("nick", String(50))'),
    )
    questions = resolved(place, new).questions
    assert [q.old for q in questions] == ["users.name"]
    assert [c.new for c in questions[0].candidates] == ["full_name", "nick", "about"]
    assert "other constraints and indexes" in questions[0].candidates[1].evidence
    assert "nullable now" in questions[0].candidates[1].evidence


def test_other_types_are_no_question(place: Place) -> None:
    """An integer does not become a date."""
    assert resolved(place, changed(('"age", Integer', '"born", Date'))).questions == ()


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (Answers(renamed={"users.name": "full_name"}), {"users.name": "full_name"}),
        (Answers(columns={"users.name": "full_name"}), {"users.name": "full_name"}),
        (Answers(drop=("users.name",)), {}),
        (Answers(decided=True), {}),
    ],
    ids=["flag", "file", "drop", "file with renames"],
)
def test_an_answer_ends_the_question(
    place: Place, answers: Answers, expected: dict[str, str]
) -> None:
    """Whichever way it is given."""
    found = resolved(place, changed(FULL_NAME), answers)
    assert found.questions == ()
    assert found.answers.columns == expected
    assert found.answers.renamed == {}


def test_a_table_gone_and_one_new(place: Place) -> None:
    """Tables with the same columns; its flag; then the columns in it."""
    new = changed(('"users"', '"people"'), FULL_NAME)
    [question] = resolved(place, new).questions
    assert (question.kind, question.old) == ("table", "users")
    assert question.candidates[0].answer == "--rename users=people"
    found = resolved(place, new, Answers(renamed={"users": "people"}))
    assert found.answers.tables == {"users": "people"}
    assert [q.old for q in found.questions] == ["users.name"]
    for name in ("users.name", "people.name"):
        said = Answers(renamed={"users": "people", name: "full_name"})
        found = resolved(place, new, said)
        assert (found.questions, found.answers.columns) == ((), {"users.name": "full_name"})


def test_tables_that_share_little_are_no_question(place: Place) -> None:
    """Only the key in common: dropped and added."""
    new = changed(('"posts"', '"tags"'), ('"text", Text', '"rank", Integer'))
    assert resolved(place, new).questions == ()


def test_names_of_the_answers_follow_a_renamed_table(place: Place) -> None:
    """Values under the old names, backfills and drops under those the revision has then."""
    new = changed(('"users"', '"people"'), FULL_NAME, ('    Column("age", Integer),\n', ""))
    said = Answers(
        backfill={"users.name": "'x'"},
        drop=("users.age",),
        tables={"users": "people"},
        columns={"people.name": "full_name"},
        values={"people.status": {"old": "on"}},
    )
    found = resolved(place, new, said).answers
    assert found.backfill == {"people.full_name": "'x'"}
    assert found.drop == ("people.age",)
    assert found.values == {"users.status": {"old": "on"}}


GONE = ('"old", "on"', '"former", "on"')


def test_a_label_gone_and_one_new(place: Place) -> None:
    """A native enum where there is one, else the values its CHECK lists."""
    [question] = resolved(place, changed(GONE)).questions
    assert (question.kind, question.old) == ("label", "users.status.old")
    assert question.dropped == "--drop users.status.old"
    [one] = question.candidates
    assert one.answer == "--value users.status.old=former"
    for said, values, labels in (
        (Answers(valued={"users.status.old": "former"}), {"users.status": {"old": "former"}}, ()),
        (Answers(valued={"users.status.old": None}), {"users.status": {"old": None}}, ()),
        (Answers(drop=("users.status.old",)), {}, ("users.status.old",)),
    ):
        found = resolved(place, changed(GONE), said)
        assert found.questions == ()
        assert (found.answers.values, found.answers.labels) == (values, labels)
        assert found.answers.drop == ()


def test_a_label_only_gone_or_only_new_is_no_question(place: Place) -> None:
    """There is nothing it could be renamed to."""
    assert resolved(place, changed(('"old", "on"', '"on"'))).questions == ()
    assert resolved(place, changed(('"old", "on"', '"old", "on", "off"'))).questions == ()


def test_what_the_models_say(place: Place) -> None:
    """`renamed_from` of a table and of a column in it."""
    new = changed(
        ('"users"', '"people"'),
        (LAST, f'{LAST[:-2]}    info={{"renamed_from": "users"}},\n)'),
        ('"name", String(50),', '"full_name", String(50), info={"renamed_from": "name"},'),
    )
    found = resolved(place, new)
    assert (found.questions, found.stale) == ((), ())
    assert found.answers.tables == {"users": "people"}
    assert found.answers.columns == {"users.name": "full_name"}


def test_flags_win_over_the_models(lite: Place) -> None:
    """Another new name, or a drop."""
    new = changed(
        (
            'Column("name", String(50),',
            'Column("nick", String(50)),\n'
            '    Column("full_name", String(50), info={"renamed_from": "name"},',
        )
    )
    said = resolved(lite, new, Answers(renamed={"users.name": "nick"})).answers
    assert said.columns == {"users.name": "nick"}
    assert resolved(lite, new, Answers(drop=("users.name",))).answers.columns == {}


def test_what_the_chain_has_behind_it_is_stale(place: Place) -> None:
    """The old name gone, the new one there: a note for each, and no rename."""
    new = changed(
        ('"users"', '"people"'),
        (LAST, f'{LAST[:-2]}    info={{"renamed_from": "users"}},\n)'),
        ('"name", String(50),', '"full_name", String(50), info={"renamed_from": "name"},'),
    )
    before, after, metadata = sides(place, new, changed(('"users"', '"people"'), FULL_NAME))
    found = resolve(before, after, [metadata], Answers())
    assert (found.answers.tables, found.answers.columns, found.questions) == ({}, {}, ())
    assert stale_in(before, [metadata]) == found.stale
    assert [text.partition(":")[0] for text in found.stale] == ["people", "people.full_name"]


def test_a_schema(postgresql_server: str) -> None:
    """Flags tell a table of a schema from a column of a table by what the catalogs have."""
    app = (LAST, f'{LAST[:-2]}    schema="app",\n)')
    old = changed(app)
    new = changed(('"users"', '"people"'), FULL_NAME, app)
    place = Place(postgresql_server)
    before, after, metadata = sides(place, new, old)
    [question] = resolve(before, after, [metadata], Answers()).questions
    assert question.candidates[0].answer == "--rename app.users=app.people"
    for becomes in ("app.people", "people"):
        said = Answers(renamed={"app.users": becomes, "app.users.name": "full_name"})
        found = resolve(before, after, [metadata], said)
        assert found.questions == ()
        assert found.answers.tables == {"app.users": "app.people"}
        assert found.answers.columns == {"app.users.name": "full_name"}


@pytest.mark.parametrize(
    ("flags", "what", "next_step"),
    [
        ({"rename": ["users.nam=full_name"]}, "the chain has no column users.nam", "users.name?"),
        ({"rename": ["users.name=ful_name"]}, "the models have no column", "users.full_name?"),
        ({"rename": ["user=people"]}, "the chain has no table user", "Did you mean users?"),
        ({"rename": ["users=zzz"]}, "the models have no table zzz", "as the database has them"),
        ({"rename": ["users.name=age"]}, "the chain has that already", "a change of its own"),
        (
            {"rename": ["users.name=full_name", "users.age=full_name"]},
            "are both renamed to users.full_name",
            "--drop for the other",
        ),
        ({"drop": ["users.nam"]}, "--drop users.nam: this change drops nothing", "no longer have"),
        ({"drop": ["users.age"]}, "--drop users.age: this change drops nothing", "no longer have"),
        ({"value": ["users.stat.old=on"]}, "--value users.stat.old", "users.status?"),
        ({"value": ["users.status.old=onn"]}, "cannot become 'onn'", "Did you mean 'on'?"),
    ],
)
def test_an_answer_that_names_what_is_not_there(
    lite: Place, flags: dict[str, list[str]], what: str, next_step: str
) -> None:
    """It says which side lacks what, and the nearest name."""
    with pytest.raises(UsageError) as caught:
        resolved(lite, changed(FULL_NAME), read_answers(None, **flags))
    assert what in caught.value.what
    assert next_step in str(caught.value.next_step)


def test_models_that_name_what_is_not_there(lite: Place) -> None:
    """A new column that says it was something the chain never had."""
    new = changed(('"name", String(50),', '"full_name", String(50), info={"renamed_from": "nam"},'))
    with pytest.raises(UsageError, match=r"users.full_name says renamed_from 'nam'"):
        resolved(lite, new)


def test_names_swapped_and_passed_on(lite: Place) -> None:
    """A name that another column takes is free when its own owner goes elsewhere."""
    old = changed(('"age", Integer', '"nick", String(50)'))
    swapped = Answers(columns={"users.name": "nick", "users.nick": "name"})
    assert resolved(lite, old, swapped, old).answers.columns == swapped.columns
    passed = Answers(columns={"users.name": "nick", "users.nick": "alias"})
    new = changed(('"nick"', '"alias"'), ('"name"', '"nick"'), source=old)
    assert resolved(lite, new, passed, old).answers.columns == passed.columns


def test_earlier_answers_that_no_longer_apply(lite: Place) -> None:
    """The models were changed back: what was said of it then is forgotten."""
    said = Answers(columns={"users.name": "full_name"}, drop=("users.age",))
    before, after, _ = sides(lite, changed(FULL_NAME, ('    Column("age", Integer),\n', "")))
    assert applicable(said, before, after) == said
    assert applicable(said, before, before) == Answers()


MADE = """
from alembic import op
import assay.operations

def upgrade():
    op.rename_column("users", "name", "full_name")
    op.rename_table("users", "people", schema=None)
    op.rename_table("a", "b", schema="app")
    op.alter_column("b", "x", new_column_name="y", schema="app")
    op.alter_column("people", "age", nullable=True)
    with op.batch_alter_table("people") as batch_op:
        batch_op.alter_column("nick", new_column_name="alias", existing_type=None)
    op.map_values("people", "status", {"old": "new", "none": None})
    op.move_table("things", "app")
    op.rename_table("things", "items", schema="app")

def downgrade():
    op.rename_table("people", "users")
    op.rename_column("users", "full_name", "other")
"""


def test_renames_of_a_revision(tmp_path: Path) -> None:
    """Read from `upgrade()` alone, every name traced back to the one before it."""
    path = tmp_path / "revision.py"
    path.write_text(MADE)
    assert renames_in(path) == Answers(
        tables={"users": "people", "app.a": "app.b", "things": "app.items"},
        columns={"users.name": "full_name", "app.a.x": "y", "users.nick": "alias"},
        values={"users.status": {"old": "new", "none": None}},
    )


def test_values_of_an_enum_type(postgresql_server: str, tmp_path: Path) -> None:
    """They are told as those of a column of the type, so that generation takes them."""
    before = catalog_of(Place(postgresql_server), USERS)
    path = tmp_path / "revision.py"
    path.write_text(
        "def upgrade():\n"
        '    op.rename_enum_value("status_t", "old", "new")\n'
        '    op.replace_enum("other", ["a"], values={"b": "a"})\n'
    )
    assert renames_in(path, before) == Answers(values={"users.status": {"old": "new"}})
