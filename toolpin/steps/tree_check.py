"""Checks whether a tree is what its plan states: by file headers, and by running it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence

from toolpin.binaries.runnable import check_command
from toolpin.errors import NotPublished, Refused
from toolpin.model import Plan
from toolpin.system.process import Finished, run

_PROOF_S = 60
_LINES = 5
_LINE_LENGTH = 200


def check_commands(plan: Plan, stage: str, root: str) -> None:
    """Raise Refused for a command that is missing, or that cannot run on the host.

    `root` is the root directory with the host's loaders; "" for another machine's.
    """
    # A tree with its own C library does not use the machine's.
    host = plan.host._replace(libc_version="") if plan.is_bound else plan.host
    for command in plan.commands:
        path = _program(plan, stage, command)
        if not path:
            raise Refused(
                f"{plan.pin} from {plan.source} has no `{command}`",
                [
                    ("archive", plan.artifacts[0].filename),
                    ("expected in", ", ".join(plan.bin_dirs)),
                    ("installed", "nothing"),
                ],
            )
        check_command(path, host, plan.pin, root=root)


def _program(plan: Plan, stage: str, command: str) -> str:
    """Return the path of a command in a tree; "" if it is missing."""
    places = (f"{stage}/{directory}/{command}" for directory in plan.bin_dirs)
    return next((place for place in places if os.path.isfile(place)), "")


def check_proof(plan: Plan, stage: str) -> tuple[tuple[str, str], ...]:
    """Run the proof and compare the first line that it prints.

    Return the further lines, as (name, value). Raises Refused for a program that fails
    or lacks a demand of the plan, NotPublished for another version.
    """
    if not plan.proof:
        return ()
    *command, expected = plan.proof
    finished = _run_proof(plan, command, stage)
    answer, *more = (finished.out or finished.err).strip().split("\n")
    if finished.status != 0:
        raise Refused(
            f"{plan.pin} from {plan.source} does not run on this machine",
            _printed(command, finished),
        )
    if answer != expected:
        raise NotPublished(
            f"{plan.source}'s {plan.pin} is not that version: it reports {answer}",
            [("expected", expected), *_printed(command, finished)],
        )
    facts = tuple(
        (name, value) for name, _, value in (line.partition(" ") for line in more)
    )
    _check_demands(plan, dict(facts))
    return facts


def _run_proof(plan: Plan, command: Sequence[str], stage: str) -> Finished:
    """Run the proof with only PATH and a HOME that is removed afterwards.

    An old `erl` does not start without one, and files that a program writes there are
    not part of the tree.
    """
    # If a program of the tree cannot run, the system's must not run instead.
    path = _program(plan, stage, command[0]) or command[0]
    bins = ":".join(f"{stage}/{directory}" for directory in plan.bin_dirs)
    with tempfile.TemporaryDirectory(
        prefix="toolpin-proof-", ignore_cleanup_errors=True
    ) as home:
        env = {"PATH": f"{bins}:/usr/local/bin:/usr/bin:/bin", "HOME": home}
        words = [path, *command[1:]]
        return run(words, env=env, cwd=stage, timeout_s=_PROOF_S)


def _printed(command: Sequence[str], finished: Finished) -> list[tuple[str, str]]:
    """Return the facts of a failed proof: what ran, its exit status, what it printed.

    Errors escape control characters where they are rendered.
    """
    facts = [("command", " ".join(command)), ("exit status", str(finished.status))]
    for stream, text in (("stdout", finished.out), ("stderr", finished.err)):
        lines = [line.rstrip() for line in text.split("\n") if line.strip()]
        facts += [(stream, line[:_LINE_LENGTH]) for line in lines[:_LINES]]
        if len(lines) > _LINES:
            facts.append((stream, f"({len(lines) - _LINES} more lines)"))
    return facts if finished.out or finished.err else [*facts, ("printed", "nothing")]


def _check_demands(plan: Plan, facts: Mapping[str, str]) -> None:
    missing = [name for name in plan.demands if facts.get(name, "no") == "no"]
    if missing:
        names = " ".join(f"{plan.pin.tool}.{name}" for name in missing)
        raise Refused(
            f"{plan.pin} from {plan.source} has no {', '.join(missing)}",
            [
                ("includes", ", ".join(map(" ".join, facts.items()))),
                ("installed", "nothing"),
                ("to allow", f"TOOLPIN_ALLOW='{names}' toolpin install"),
            ],
        )
