"""Reading a TOML table with errors a person can act on: file and line, and the nearest known key."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from assay.config.places import Entries, place_of
from assay.errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:  # the standard library has it from 3.11 on
    import tomli as tomllib

__all__ = ["Table", "read_toml"]


def read_toml(path: Path) -> dict[str, Any]:
    """The document of a TOML file.

    :raises UsageError: it is not TOML, with the line.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        line = re.search(r"\(at line (\d+), ", str(error))
        raise UsageError(
            f"{path.name} is not valid TOML: {error}.",
            where=f"{path}:{line[1]}" if line else str(path),
            next_step="Correct the file.",
        ) from error


class Table:
    """One table of settings; unknown keys are refused when it is made.

    :param name: the dotted name in the file, for messages.
    :raises UsageError: a key is unknown, with the nearest known one.
    """

    def __init__(self, raw: Any, path: Path, name: str, known: Collection[str] | None) -> None:
        self.path, self.name = path, name
        if not isinstance(raw, Mapping):
            raise UsageError(
                f"[{name}] must be a table.",
                where=place_of(path, name),
                next_step="Correct the file.",
            )
        self.raw: Mapping[str, Any] = raw
        if known is None:
            return
        for key in raw:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
                hint = f"Did you mean {near[0]!r}? " if near else ""
                raise UsageError(
                    f"[{name}] has an unknown key {key!r}.",
                    where=self.where(key),
                    next_step=f"{hint}Known keys: {', '.join(known)}.",
                )

    def where(self, key: str) -> str:
        """``file:line`` of a key, as well as it can be told from the text."""
        return place_of(self.path, self.name, key)

    def wrong(self, key: str, wanted: str) -> UsageError:
        """The error for a value of the wrong type."""
        return UsageError(
            f"[{self.name}] {key} must be {wanted}, not {self.raw[key]!r}.",
            where=self.where(key),
            next_step="Correct the value.",
        )

    def has(self, *keys: str) -> bool:
        """Whether any of the keys is set."""
        return any(key in self.raw for key in keys)

    def text_or_none(self, key: str) -> str | None:
        """A string."""
        value = self.raw.get(key)
        if value is None or isinstance(value, str):
            return value
        raise self.wrong(key, "a string")

    def text(self, key: str, default: str) -> str:
        """A string with a default."""
        value = self.text_or_none(key)
        return default if value is None else value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings."""
        value = self.raw.get(key, [])
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise self.wrong(key, "a list of strings")

    def whole(self, key: str, default: int) -> int:
        """A whole number, zero or more."""
        value = self.raw.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        raise self.wrong(key, "a whole number, zero or more")

    def rows(self, key: str) -> int | None:
        """``true``, ``false`` or ``"tables over N rows"``: N, 0 for every table, None for none."""
        value = self.raw.get(key, False)
        if isinstance(value, bool):
            return 0 if value else None
        found = (
            re.fullmatch(r"tables over (\d[\d_]*) rows", value) if isinstance(value, str) else None
        )
        if found is None:
            raise self.wrong(key, 'true, false or "tables over N rows"')
        return int(found[1].replace("_", ""))

    def table(self, key: str, known: Collection[str] | None) -> Table:
        """A table inside this one."""
        return Table(self.raw.get(key, {}), self.path, f"{self.name}.{key}", known)

    def mapping(self, key: str, known: Collection[str] | None = None) -> Entries:
        """A table of strings; numbers and booleans become strings, as in an environment."""
        inner = self.table(key, known)
        found: dict[str, str] = {}
        for name, value in inner.raw.items():
            if isinstance(value, bool):
                found[name] = "true" if value else "false"
            elif isinstance(value, (str, int, float)):
                found[name] = str(value)
            else:
                raise inner.wrong(name, "a string")
        return Entries(found, self.path, inner.name)
