"""The order in which the jobs of one install begin."""

from __future__ import annotations

import pytest

from toolpin.install.jobs import Job, in_order
from toolpin.model import Origin, Pin


@pytest.mark.parametrize(
    ("file", "required", "expected"),
    [
        ("a b c", {}, "a b c"),
        ("elixir poetry erlang", {"elixir": ["erlang"]}, "erlang elixir poetry"),
        ("a b c d", {"a": ["c"], "c": ["d"]}, "d c a b"),
        ("a b", {"a": ["nothing"]}, "a b"),
        ("a b c", {"a": ["b"], "b": ["a"]}, "b a c"),
        ("a b", {"a": ["a"]}, "a b"),
    ],
)
def test_jobs_begin_in_the_order_of_the_file_behind_what_they_require(
    file: str, required: dict[str, list[str]], expected: str
) -> None:
    jobs = [Job(Pin(tool, "1"), Origin("file", 1)) for tool in file.split()]
    needs = {tool: required.get(tool, []) for tool in file.split()}
    assert [job.pin.tool for job in in_order(jobs, needs)] == expected.split()
