"""Answers: read from flags and a file, flags over the file, errors that name what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assay.errors import UsageError
from assay.generate.answers import Answers, merged, read_answers


def written(folder: Path, document: Any) -> Path:
    """An answers file."""
    path = folder / "answers.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_the_whole_file(tmp_path: Path) -> None:
    """Every key arrives where generation looks for it."""
    file = written(
        tmp_path,
        {
            "renames": {"tables": {"author": "writer"}, "columns": {"acct.org_id": "owner_id"}},
            "values": {"acct.status": {"old": "new", "none": None}},
            "backfill": {"acct.created": "'2024-01-01'", "acct.n": 0},
            "drop": ["users.nick"],
            "given": ["acct.created", "acct.created"],
        },
    )
    assert read_answers(file) == Answers(
        backfill={"acct.created": "'2024-01-01'", "acct.n": "0"},
        drop=("users.nick",),
        tables={"author": "writer"},
        columns={"acct.org_id": "owner_id"},
        values={"acct.status": {"old": "new", "none": None}},
        decided=True,
        given=("acct.created",),
        given_decided=True,
    )


@pytest.mark.parametrize(("document", "decided"), [({"renames": {}}, True), ({"drop": []}, False)])
def test_a_file_with_renames_says_all_of_them(
    tmp_path: Path, document: dict[str, Any], decided: bool
) -> None:
    """An empty `renames` is an answer too."""
    assert read_answers(written(tmp_path, document)).decided is decided


def test_flags() -> None:
    """Flags keep what only the catalogs can tell apart."""
    said = read_answers(
        None,
        ["users.email=a = b"],
        ["users.nick", "users.nick"],
        ["users.name=full_name", "authors=writers"],
        ["users.status.old=new", "users.status.none="],
    )
    assert said == Answers(
        backfill={"users.email": "a = b"},
        drop=("users.nick",),
        renamed={"users.name": "full_name", "authors": "writers"},
        valued={"users.status.old": "new", "users.status.none": None},
    )
    assert not said.empty
    said = read_answers(None, given=["users.email", " users.email"])
    assert said == Answers(given=("users.email",))
    assert not said.empty
    assert Answers(decided=True).empty


def test_flags_win_over_the_file(tmp_path: Path) -> None:
    """What a flag says of a name replaces what the file says of it, in whatever way."""
    file = written(
        tmp_path,
        {
            "renames": {"columns": {"users.name": "a", "users.nick": "b"}, "tables": {"t": "u"}},
            "values": {"users.status": {"old": "x", "kept": "y"}, "users.kind": {"k": "l"}},
            "backfill": {"users.email": "1"},
            "drop": ["users.gone", "users.age"],
        },
    )
    said = read_answers(
        file,
        ["users.email=2"],
        ["users.nick", "t", "users.kind.k"],
        ["users.name=c", "users.age=years"],
        ["users.status.old=z"],
    )
    assert said.backfill == {"users.email": "2"}
    assert (said.columns, said.tables) == ({}, {})
    assert said.renamed == {"users.name": "c", "users.age": "years"}
    assert said.drop == ("users.gone", "users.nick", "t", "users.kind.k")
    assert (said.values, said.valued) == (
        {"users.status": {"kept": "y"}},
        {"users.status.old": "z"},
    )


def test_merging_keeps_what_is_not_said_again() -> None:
    """Answers of an earlier generation stay."""
    before = Answers(columns={"a.x": "y"}, labels=("a.s.old",), drop=("a.z",))
    assert merged(before, Answers()) == before
    assert merged(before, Answers(valued={"a.s.old": "new"})).labels == ()
    assert merged(before, Answers(drop=("a.x",))).columns == {}
    assert merged(Answers(given=("a.x",)), Answers(given=("a.y",))).given == ("a.x", "a.y")


@pytest.mark.parametrize(
    ("document", "what", "next_step"),
    [
        ("{", "cannot be read", "For example"),
        ([], "the file is not an object", "For example"),
        ({"rename": {}}, "unknown key 'rename'", "Did you mean 'renames'?"),
        (
            {"zzz": {}},
            "unknown key 'zzz'",
            "Known keys there: backfill, drop, given, renames, values.",
        ),
        ({"renames": {"column": {}}}, "unknown key 'column'", "Did you mean 'columns'?"),
        ({"renames": []}, '"renames" is not an object', "For example"),
        ({"renames": {"columns": {"name": "x"}}}, "'name' in \"columns\"", "For example"),
        ({"renames": {"tables": {"a": 1}}}, "what \"tables\" says of 'a'", "For example"),
        ({"values": {"a.b": ["x"]}}, "what \"values\" says of 'a.b'", "For example"),
        ({"values": {"a.b": {"x": 1}}}, "what becomes of 'x' in a.b", "For example"),
        ({"given": ["a"]}, "'a' in \"given\" is not table.column", "For example"),
        ({"given": {"a.b": True}}, '"given" is not a list of names', "For example"),
        ({"drop": "a.b"}, '"drop" is not a list of names', "For example"),
        ({"backfill": {"a.b": True}}, "what \"backfill\" says of 'a.b'", "For example"),
    ],
)
def test_a_file_of_another_form(tmp_path: Path, document: Any, what: str, next_step: str) -> None:
    """The error names the file, the place in it, and the way out."""
    file = written(tmp_path, document)
    with pytest.raises(UsageError) as caught:
        read_answers(file)
    assert what in caught.value.what
    assert caught.value.where == str(file)
    assert next_step in str(caught.value.next_step)


@pytest.mark.parametrize(
    ("flags", "what"),
    [
        ({"backfill": ["email=1"]}, "--backfill 'email=1' is not table.column=expression."),
        ({"given": ["email"]}, "--given 'email' is not table.column."),
        ({"rename": ["users.name"]}, "--rename 'users.name' is not table.column=new_name"),
        ({"rename": ["users.name="]}, "--rename 'users.name=' is not"),
        ({"value": ["status.old=new"]}, "--value 'status.old=new' is not table.column.value"),
    ],
)
def test_a_flag_of_another_form(flags: dict[str, list[str]], what: str) -> None:
    """The flag, its form, an example."""
    with pytest.raises(UsageError) as caught:
        read_answers(None, **flags)
    assert caught.value.what.startswith(what)
    assert str(caught.value.next_step).startswith("For example: --")
