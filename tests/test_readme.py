"""What the README shows is what happens."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from assay.config.settings import KEYS

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


SPEC = importlib.util.spec_from_file_location("readme", ROOT / "scripts" / "readme.py")
assert SPEC is not None
assert SPEC.loader is not None
readme = sys.modules["readme"] = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(readme)


def test_its_blocks_run_and_print_what_it_shows(tmp_path: Path) -> None:
    assert len(readme.BLOCK.findall(TEXT)) >= 8
    _, wrong = readme.run(TEXT, tmp_path)
    lines = "\n".join(f"README.md:{one.line}: {one.what}" for one in wrong)
    assert not wrong, f"`python scripts/readme.py --write` writes the real output\n{lines}"


def test_a_false_block_is_found(tmp_path: Path) -> None:
    text = (
        "<!-- test -->\n```sh\nmkdir a && cd a && echo 3 rows\n```\n"
        "<!-- output -->\n```text\n4 rows\n```\n"
        "<!-- test exit=3 -->\n```sh\nbasename $PWD; exit 2\n```\n"
    )
    written, wrong = readme.run(text, tmp_path)
    assert [one.line for one in wrong] == [5, 9]
    assert "exit code 2, not 3:\na\n" in wrong[1].what
    assert "```text\n3 rows\n```" in written


@pytest.mark.parametrize("key", KEYS)
def test_every_setting_is_explained(key: str) -> None:
    assert f"| `{key}` |" in TEXT or f"| `[tool.assay.{key}]` |" in TEXT


def test_every_command_is_named() -> None:
    from assay.cli.app import app

    for command in app.registered_commands:
        assert f"`assay {command.name}" in TEXT


def test_files_it_names_exist() -> None:
    for path in ("examples/bookshop/steps", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        assert path in TEXT
        assert (ROOT / path).exists()
