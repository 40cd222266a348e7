"""Settings: where they are found, and what is said of broken ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.config import load_settings, where_of
from assay.config.places import place_of
from assay.errors import UsageError


def project(folder: Path, text: str = "") -> Path:
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = alembic\n")
    (folder / "pyproject.toml").write_text(text)
    return folder


def test_defaults_without_any_table(tmp_path: Path) -> None:
    (tmp_path / "alembic.ini").write_text("[alembic]\n")
    found = load_settings(tmp_path)
    assert found.root == tmp_path
    assert found.config == tmp_path / "alembic.ini"
    assert (found.test, found.copy_limit_mb, found.baseline) == ("pytest -x -q", 512, None)


def test_found_from_a_folder_below(tmp_path: Path) -> None:
    project(tmp_path, "[tool.assay]\n")
    below = tmp_path / "src" / "deep"
    below.mkdir(parents=True)
    assert load_settings(below).root == tmp_path


def test_every_key_is_read(tmp_path: Path) -> None:
    project(
        tmp_path,
        """
        [tool.assay]
        config = "alembic.ini"
        section = "other"
        x = ["tenant=a"]
        setup = "app:setup"
        test = "tox"
        ignore = ["view:*"]
        copy_limit_mb = 3
        [tool.assay.env]
        NAME = "value"
        DEBUG = true
        PORT = 5
        [tool.assay.shadow]
        postgresql = "postgresql://h/x"
        [tool.assay.databases]
        staging = "sqlite:///s.db"
        [tool.assay.baseline]
        revision = "abc"
        create_all = true
        """,
    )
    found = load_settings(tmp_path)
    assert found.env == {"NAME": "value", "DEBUG": "true", "PORT": "5"}
    assert (found.section, found.x, found.setup, found.test) == (
        "other",
        ("tenant=a",),
        "app:setup",
        "tox",
    )
    assert found.shadow == {"postgresql": "postgresql://h/x"}
    assert found.databases == {"staging": "sqlite:///s.db"}
    assert found.baseline is not None
    assert (found.baseline.revision, found.baseline.create_all) == ("abc", True)
    assert found.ignore == ("view:*",)
    assert found.copy_limit_mb == 3


def test_the_environment_names_the_shadow_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(tmp_path, '[tool.assay.shadow]\npostgresql = "postgresql://file/x"\n')
    monkeypatch.setenv("ASSAY_SHADOW_POSTGRESQL", "postgresql://variable/x")
    found = load_settings(tmp_path)
    assert found.shadow["postgresql"] == "postgresql://variable/x"
    assert found.origins["shadow.postgresql"] == "ASSAY_SHADOW_POSTGRESQL"


@pytest.mark.parametrize(
    ("text", "what", "where", "step"),
    [
        ("[tool.assay]\nignores = []\n", "unknown key 'ignores'", ":2", "'ignore'"),
        ("[tool.assay]\n\n\ntest = 5\n", "test must be a string", ":4", ""),
        ("[tool.assay]\ncopy_limit_mb = -1\n", "whole number", ":2", ""),
        ("[tool.assay]\nignore = 'x'\n", "list of strings", ":2", ""),
        ("[tool.assay.shadow]\npostgres = 'x'\n", "unknown key 'postgres'", ":2", "'postgresql'"),
        (
            "[tool.assay.baseline]\nrevision = 'a'\n",
            "either `sql` or `create_all`",
            ":1",
            "baseline",
        ),
        ("[tool.assay\n", "not valid TOML", "pyproject.toml:1", ""),
        ("[tool]\nassay = 3\n", "must be a table", "pyproject.toml:2", ""),
        (
            "[tool.assay]\nconfig = 'nowhere.ini'\n",
            "no file nowhere.ini",
            "(from pyproject.toml:2)",
            "config",
        ),
    ],
)
def test_broken_settings_say_what_and_where(
    tmp_path: Path, text: str, what: str, where: str, step: str
) -> None:
    project(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        load_settings(tmp_path)
    assert what in caught.value.what
    assert where in (caught.value.where or "")
    assert step in (caught.value.next_step or "")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[tool.assay.review]\n'locks/*' = 'stop'\n\"data/dropped\" = 'no'\n", 3),
        ("[tool.assay]\nreview = {'locks/*' = 'stop', 'data/dropped' = 'no'}\n", 2),
        ("[tool.assay]\n[ tool . assay . \"review\" ] # ours\n'data/dropped'='no'\n", 3),
        ("[tool.assay]\ntest = 'x'\nreview.'data/dropped' = 'no'\n", 3),
        ("[tool]\nassay.review.'data/dropped' = 'no'\n", 2),
        ("[tool.assay.reviews]\n'data/dropped' = 'no'\n[tool.assay.review]\n", 3),
        ("[tool.assay.review]\n[[tool.other]]\n'data/dropped' = 'no'\n", 1),
    ],
)
def test_a_key_is_found_however_it_is_written(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(text)
    assert place_of(path, "tool.assay.review", "data/dropped") == f"pyproject.toml:{line}"


def test_a_table_of_the_settings_knows_its_lines(tmp_path: Path) -> None:
    project(tmp_path, "[tool.assay.review]\n'locks/*' = 'stop'\n'data/gone' = 'stop'\n")
    found = load_settings(tmp_path)
    assert where_of(found.review, "data/gone", "nowhere") == "pyproject.toml:3"
    assert where_of({}, "data/gone", "nowhere") == "nowhere"
    assert found.where("locks", "orders") == "pyproject.toml"


def test_no_project_at_all(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"No alembic\.ini"):
        load_settings(tmp_path)


def test_alembic_in_pyproject_needs_no_ini(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.alembic]\nscript_location = 'x'\n")
    assert load_settings(tmp_path).config is None


@pytest.mark.parametrize(
    ("written", "rows"),
    [
        ("false", None),
        ("true", 0),
        ('"tables over 10000 rows"', 10_000),
        ('"tables over 1_000_000 rows"', 1_000_000),
    ],
)
def test_online(written: str, rows: int | None, tmp_path: Path) -> None:
    project(tmp_path, f"[tool.assay]\nonline = {written}\n")
    assert load_settings(tmp_path).online == rows


@pytest.mark.parametrize(
    "written", ['"yes"', "5", '"tables over many rows"', '"tables over _ rows"']
)
def test_online_said_in_another_way(written: str, tmp_path: Path) -> None:
    project(tmp_path, f"[tool.assay]\nonline = {written}\n")
    with pytest.raises(UsageError, match="online must be true, false or") as caught:
        load_settings(tmp_path)
    assert caught.value.where == "pyproject.toml:2"
