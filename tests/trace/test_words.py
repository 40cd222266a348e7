"""Effects in words: only what matters to who works on the database meanwhile."""

from __future__ import annotations

from assay.dialects import Lock, Observation, OnlineForm
from assay.trace.words import in_words

EXCLUSIVE = Lock("users", "table", "ACCESS EXCLUSIVE", ("reads", "writes"))


def test_a_lock_with_what_waits_behind_it() -> None:
    assert in_words(Observation(locks=(EXCLUSIVE,))) == (
        "ACCESS EXCLUSIVE on users: reads and writes wait",
    )


def test_a_lock_that_nothing_waits_for_is_not_said() -> None:
    weak = Lock("users", "table", "SHARE UPDATE EXCLUSIVE", ())
    index = Lock("ix", "index", "ACCESS EXCLUSIVE", ("reads", "writes"))
    assert in_words(Observation(locks=(weak, index))) == ()


def test_what_is_held_is_said_where_there_is_work() -> None:
    held = Observation(held=(EXCLUSIVE,), scanned={"users": 3})
    assert in_words(held) == (
        "reads all of users",
        "ACCESS EXCLUSIVE on users is still held: reads and writes wait",
    )
    assert in_words(Observation(held=(EXCLUSIVE,))) == ()


def test_locks_of_one_mode_that_are_held_are_one_line() -> None:
    other = Lock("orders", "table", "ACCESS EXCLUSIVE", ("reads", "writes"))
    shared = Lock("notes", "table", "SHARE", ("writes",))
    index = Lock("pk", "index", "ACCESS EXCLUSIVE", ("reads", "writes"))
    held = Observation(held=(EXCLUSIVE, shared, other, index), rewritten=("users", "pk"))
    assert in_words(held) == (
        "rewrites users",
        "ACCESS EXCLUSIVE on orders, users is still held: reads and writes wait",
        "SHARE on notes is still held: writes wait",
    )


def test_a_table_that_is_emptied_is_not_rewritten() -> None:
    assert in_words(Observation(rewritten=("t", "u"), emptied=("t",))) == (
        "rewrites u",
        "empties t",
    )


def test_the_form_of_an_online_statement() -> None:
    copied = OnlineForm("ALTER …", "COPY", "SHARED")
    lock = Lock("t", "table", "SHARED", ("writes",))
    assert in_words(Observation(locks=(lock,), rewritten=("t",), form=copied)) == (
        "ALGORITHM=COPY, LOCK=SHARED: writes wait",
        "rewrites t",
    )
