"""Putting options into ``context.configure()``: the text around them stays as it was."""

from __future__ import annotations

import pytest

from assay.layout.env_edit import edit_env

BATCH = 'render_as_batch=c.dialect.name == "sqlite"'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "context.configure(connection=c)\n",
            "context.configure(connection=c,\n"
            "                  compare_type=True,\n"
            "                  compare_server_default=True,\n"
            f"                  {BATCH})\n",
            id="one line",
        ),
        pytest.param(
            "context.configure(\n    c,\n    target_metadata=m,  # ours, too\n)\n",
            "context.configure(\n    c,\n    target_metadata=m,  # ours, too\n"
            f"    compare_type=True,\n    compare_server_default=True,\n    {BATCH},\n)\n",
            id="a line each, connection by position",
        ),
        pytest.param(
            "context.configure(\n\tconnection=c,\n\tcompare_type=False  # é, why\n)\n",
            "context.configure(\n\tconnection=c,\n\tcompare_type=True,  # é, why\n"
            f"\tcompare_server_default=True,\n\t{BATCH},\n)\n",
            id="tabs, a value turned on, no last comma",
        ),
        pytest.param(
            "context.configure(connection=c, compare_type=mine,\n"
            "                  target_metadata=m, )",
            "context.configure(connection=c, compare_type=mine,\n"
            "                  target_metadata=m,\n"
            "                  compare_server_default=True,\n"
            f"                  {BATCH})",
            id="aligned, a last comma, no end of line",
        ),
        pytest.param(
            "context.configure(\r\n    connection=c\r\n)\r\n",
            "context.configure(\r\n    connection=c,\r\n    compare_type=True,\r\n"
            f"    compare_server_default=True,\r\n    {BATCH},\r\n)\r\n",
            id="carriage returns",
        ),
        pytest.param(
            "context.configure(connection=c, compare_type=True, compare_server_default=False,\n"
            "    render_as_batch=False)\n",
            "context.configure(connection=c, compare_type=True, compare_server_default=True,\n"
            "    render_as_batch=False)\n",
            id="only turned on",
        ),
        pytest.param(
            "context.configure(connection=make(), compare_type=True, compare_server_default=f)\n",
            "context.configure(connection=make(), compare_type=True, compare_server_default=f)\n",
            id="nothing safe to add",
        ),
        pytest.param("context.configure(url=u)\n", "context.configure(url=u)\n", id="offline"),
        pytest.param("mapper.configure(c)\n", "mapper.configure(c)\n", id="another configure"),
    ],
)
def test_edit(before: str, after: str) -> None:
    assert edit_env(before, batch=True).text == after


def test_an_edit_is_stable() -> None:
    once = edit_env("context.configure(connection=c)\n", batch=True)
    again = edit_env(once.text, batch=True)
    assert again.text == once.text
    assert again.reasons == again.advice == ()


def test_what_cannot_be_edited_is_left_and_said() -> None:
    source = "context.configure((c))\n"
    edit = edit_env(source, batch=False)
    assert edit.text == source
    assert edit.advice == ("Set compare_type, compare_server_default in context.configure().",)


def test_options_given_as_a_dictionary_are_left_to_a_person() -> None:
    source = "context.configure(connection=c, **options)\n"
    edit = edit_env(source, batch=False)
    assert edit.text == source
    assert len(edit.advice) == 1
