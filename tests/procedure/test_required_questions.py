"""Who gives a column that becomes required a value: asked, never guessed; what is said stays in the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from helpers import Laid, Ran, copied
from terminal import at_a_terminal

PROMPT = "[y]es / [n]o: "
ASKED = (
    "column users.nick must have a value from now on, and has no default in the database. Does every "
    "release that runs give it one?"
)
WAIVER = "# assay: allow value-required users.nick -- every release that runs gives it a value"
FILL = ("--backfill", "users.nick='x'")
GENERATE = ("generate", "-m", "nick", *FILL)
GIVEN = ("--given", "users.nick")


@pytest.fixture(scope="module")
def demanding(begun: Laid, tmp_path_factory: pytest.TempPathFactory) -> Laid:
    """A project whose ``users.nick`` becomes NOT NULL in the models."""
    project = copied(begun, tmp_path_factory.mktemp("demanding") / "app")
    project.people("Ann", "Bob")
    project.model('"nick", String(50)', '"nick", String(50), nullable=False')
    return project


@pytest.fixture
def required(demanding: Laid, tmp_path: Path) -> Laid:
    """Its own copy for each test."""
    return copied(demanding, tmp_path / "app")


def on_values(ran: Ran) -> list[dict[str, Any]]:
    """The findings of the review on columns that become required, and on waivers."""
    rules = "compatibility/value-required", "hygiene/waiver"
    steps = [s for s in ran.document["steps"] if s["name"] == "review"]
    return [f for step in steps for f in step["findings"] if f["rule"] in rules]


def reviewed(project: Laid) -> list[tuple[str, bool]]:
    """What the review has on them: the object, and whether it is allowed."""
    found = on_values(project.json("review", code=0))
    return [(one["object"], one["waived"] is not None) for one in found]


def test_nothing_is_said(required: Laid) -> None:
    """Nobody to ask and no flag: nothing stops, the review notes it."""
    ran = required.json(*GENERATE, code=0)
    assert "given" not in ran.document
    assert "assay: allow" not in required.newest.read_text()
    assert reviewed(required) == [("users.nick", False)]


def test_the_flag(required: Laid) -> None:
    """The waiver is above the statement; the review after it, and once more, has no finding."""
    ran = required.json(*GENERATE, *GIVEN, code=0)
    assert ran.document["given"] == ["users.nick"]
    lines = required.newest.read_text().splitlines()
    at = lines.index(f"    {WAIVER}")
    assert lines[at + 1].strip().startswith("op.rebuild_table(")
    assert reviewed(required) == [("users.nick", True)]
    assert reviewed(required) == [("users.nick", True)]  # its bond is known now


def test_the_whole_change(required: Laid) -> None:
    """All eight steps; the review says that it is allowed, and why."""
    ran = required.change("nick", *FILL, *GIVEN, code=0)
    [finding] = on_values(ran)
    assert finding["waived"] == "every release that runs gives it a value"
    assert ran.step("generate")["given"] == ["users.nick"]
    assert required.sql("SELECT nick FROM users") == [("x",), ("x",)]
    required.json("prove", code=0)


def test_a_column_that_does_not_become_required(required: Laid) -> None:
    """Nothing is written; those that do are said."""
    ran = required.json(*GENERATE, "--given", "users.nik", code=2)
    assert ran.document["summary"] == (
        "--given users.nik: that column does not become required in this change."
    )
    assert ran.document["next_step"] == "Columns that do: users.nick."
    assert required.state is None
    ran = required.json(*GENERATE, "--given", "nick", code=2)
    assert ran.document["summary"] == "--given 'nick' is not table.column."


def test_a_default_in_the_database(required: Laid) -> None:
    """The database gives the value: nothing is to be said of it."""
    required.model(
        'nullable=False),\n    Column("name"',
        'nullable=False, server_default=""),\n    Column("name"',
    )
    ran = required.json(*GENERATE, *GIVEN, code=2)
    assert ran.document["next_step"] == "Columns that do: none."


def test_yes_at_a_terminal(required: Laid) -> None:
    """Asked until it is answered; the answer is the waiver, and told."""
    code, shown = at_a_terminal(required, PROMPT, "what\nYes\n", *GENERATE)
    assert code == 0, shown
    assert ASKED in shown
    assert shown.count(PROMPT) == 2
    assert "waiver: every release that runs gives users.nick a value" in shown
    assert reviewed(required) == [("users.nick", True)]


def test_no_at_a_terminal(required: Laid) -> None:
    """Generated as it is; what was said is told, with what to do; generating again asks again."""
    code, shown = at_a_terminal(required, PROMPT, "n\n", *GENERATE)
    assert code == 0, shown
    told = " ".join(shown.split())
    assert "users.nick: INSERTs that leave it out will fail Give it a server_default" in told
    assert "or release the code that gives it a value first, then apply this." in told
    assert reviewed(required) == [("users.nick", False)]
    code, shown = at_a_terminal(required, PROMPT, "y\n", "generate", "--again")
    assert code == 0, shown
    assert reviewed(required) == [("users.nick", True)]


def test_nobody_answers_at_a_terminal(required: Laid) -> None:
    """The end of the input is no answer, and stops nothing."""
    code, shown = at_a_terminal(required, PROMPT, "\x04", *GENERATE)
    assert code == 0, shown
    assert "will fail" not in shown
    assert reviewed(required) == [("users.nick", False)]


def test_an_answers_file_is_not_asked(required: Laid) -> None:
    """``given`` in the file, even empty, says all of them."""
    file = required.root / "answers.json"
    file.write_text('{"given": []}')
    code, shown = at_a_terminal(required, PROMPT, "y\n", *GENERATE, "--answers", "answers.json")
    assert (code, PROMPT in shown) == (0, False)
    assert reviewed(required) == [("users.nick", False)]
    file.write_text('{"given": ["users.nick"]}')
    required.json("generate", "--again", "--answers", "answers.json", code=0)
    assert reviewed(required) == [("users.nick", True)]


def test_what_was_said_is_kept(required: Laid) -> None:
    """Generating again keeps it, while the column still becomes required; ``--continue`` takes none."""
    required.json(*GENERATE, code=0)
    refused = required.go_on(*GIVEN, code=2)
    assert "--given" in refused.document["summary"]
    assert "generate --again" in refused.document["next_step"]
    required.json("generate", "--again", *GIVEN, code=0)
    required.column('Column("email", String(50))')
    required.json("generate", "--again", code=0)
    assert reviewed(required) == [("users.nick", True)]
    required.model('"nick", String(50), nullable=False', '"nick", String(50)')
    required.json("generate", "--again", code=0)
    assert "assay: allow" not in required.newest.read_text()


def test_a_rule_that_is_ignored(required: Laid) -> None:
    """A waiver would be a finding, there is nothing that it allows: none is asked for or written."""
    with (required.root / "pyproject.toml").open("a") as file:
        file.write('\n[tool.assay.review]\n"compatibility/*" = "ignore"\n')
    code, shown = at_a_terminal(required, PROMPT, "y\n", *GENERATE, *GIVEN)
    assert (code, PROMPT in shown) == (0, False)
    assert reviewed(required) == []


def test_a_renamed_column(required: Laid) -> None:
    """Asked after the renames, under the new name; not of what was NOT NULL under the old one."""
    required.model('Column("nick"', 'Column("alias"')
    required.model('Column("name"', 'Column("full_name"')
    said = ("--rename", "users.nick=alias", "--backfill", "users.alias='x'")
    typed = "r\ny\n"
    code, shown = at_a_terminal(
        required, "[d]ropped and added: ", typed, "generate", "-m", "x", *said
    )
    assert code == 0, shown
    assert shown.count(PROMPT) == 1
    assert reviewed(required) == [("users.alias", True)]


def test_a_new_column_that_takes_over_a_name(required: Laid) -> None:
    """The releases that run write the old one under it; whether they do is for a person to say."""
    required.column('Column("alias", String(50))')
    said = (*GENERATE, "--rename", "users.nick=alias")
    required.json(*said, code=0)
    assert ("users.nick", False) in reviewed(required)
    required.json("generate", "--again", *GIVEN, code=0)
    assert ("users.nick", True) in reviewed(required)


def test_two_columns_of_one_statement(required: Laid) -> None:
    """Only that of which it was said is allowed."""
    required.column('Column("mail", String(50), nullable=False)')
    required.json(*GENERATE, "--backfill", "users.mail=name", *GIVEN, code=0)
    assert reviewed(required) == [("users.mail", False), ("users.nick", True)]
    both = (*GIVEN, "--given", "users.mail")
    required.json("generate", "--again", *both, code=0)
    assert reviewed(required) == [("users.mail", True), ("users.nick", True)]


def test_a_name_that_no_waiver_can_have(required: Laid) -> None:
    """It is in the reason then, and allows nothing beside it that was not said."""
    required.column('Column("e-mail", String(50), nullable=False)')
    filled = (*GENERATE, "--backfill", "users.e-mail=name", "--given", "users.e-mail")
    required.json(*filled, code=0)
    assert reviewed(required) == [("users.e-mail", False), ("users.nick", False)]
    required.json("generate", "--again", *GIVEN, code=0)
    assert "gives users.e-mail a value" in required.newest.read_text()
    assert reviewed(required) == [("users.e-mail", True), ("users.nick", True)]


def test_a_slot_that_is_empty_yet(required: Laid) -> None:
    """The waiver does not wait for the value of the rows that are there."""
    ran = required.json("generate", "-m", "nick", *GIVEN, code=3)
    assert ran.document["given"] == ["users.nick"]
    ran = required.go_on("--no-apply", *FILL, code=0)
    assert [f["waived"] is not None for f in on_values(ran)] == [True]


@pytest.mark.parametrize("online", ["--online", "--no-online"])
@pytest.mark.parametrize("engine", ["postgresql", "mysql"])
def test_on_servers(engine: str, online: str, request: pytest.FixtureRequest) -> None:
    """The same in plain and in online forms, of a column that was there and of a new one."""
    project: Laid = request.getfixturevalue(f"app_{engine}")
    project.model('"nick", String(50)', '"nick", String(50), nullable=False')
    project.column('Column("mail", String(50), nullable=False)')
    both = (*GIVEN, "--given", "users.mail", "--backfill", "users.mail=name")
    ran = project.change("nick", *FILL, *both, online, code=0)
    assert sorted((f["object"], f["waived"] is not None) for f in on_values(ran)) == [
        ("users.mail", True),
        ("users.nick", True),
    ]
    project.json("prove", code=0)
