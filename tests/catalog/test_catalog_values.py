"""Objects, snapshots and differences as values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.catalog import CatalogObject, Change, Snapshot, compare

names = st.sampled_from(["a", "b", "c", "public"])
objects = st.builds(
    CatalogObject.make,
    st.sampled_from(["table", "column", "index"]),
    st.lists(names, min_size=1, max_size=3),
    st.dictionaries(names, st.sampled_from([None, "", "x", "y"]), max_size=3),
)
snapshots = st.lists(objects, unique_by=lambda o: o.identity, max_size=5).map(
    lambda found: Snapshot.make("sqlite", "3", found)
)


@given(snapshots)
def test_a_snapshot_does_not_differ_from_itself(one: Snapshot) -> None:
    again = Snapshot.make("sqlite", "4", reversed(one.objects))
    assert compare(one, again) == ()
    assert one.fingerprint == again.fingerprint


@given(snapshots, snapshots)
def test_equal_fingerprints_mean_no_difference(one: Snapshot, other: Snapshot) -> None:
    assert (one.fingerprint == other.fingerprint) is (compare(one, other) == ())


@given(snapshots, snapshots)
def test_the_other_way_round_is_reversed(one: Snapshot, other: Snapshot) -> None:
    assert tuple(d.reversed for d in compare(one, other)) == compare(other, one)


@given(snapshots, snapshots)
def test_applying_the_differences_gives_the_other(one: Snapshot, other: Snapshot) -> None:
    found = dict(one.by_identity)
    for difference in compare(one, other):
        if difference.change is Change.REMOVED:
            del found[difference.identity]
        else:
            assert difference.after is not None
            found[difference.identity] = difference.after
    assert Snapshot.make("sqlite", "3", found.values()) == other


def test_two_objects_of_one_identity_are_refused() -> None:
    one = CatalogObject.make("table", ["a"], {})
    with pytest.raises(ValueError, match="share the identity"):
        Snapshot.make("sqlite", "3", [one, CatalogObject.make("table", ["a"], {"x": "y"})])


def test_dialects_are_not_compared() -> None:
    with pytest.raises(ValueError, match="cannot compare"):
        compare(Snapshot.make("sqlite", "3", []), Snapshot.make("postgresql", "15", []))
