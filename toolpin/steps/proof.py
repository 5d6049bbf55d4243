"""Says whether a tree is what its plan says: by its programs' heads, and by asking."""

from __future__ import annotations

import os
from collections.abc import Mapping

from toolpin.binaries.runnable import check_command
from toolpin.errors import NotPublished, Refused
from toolpin.model import Plan
from toolpin.process import run


def check_commands(plan: Plan, stage: str, root: str) -> None:
    """Raise Refused for a command that is not there, or that cannot run on the host.

    `root` is where the host's loaders are looked for; "" for another machine's.
    """
    # What has its own C library asks nothing of the machine's.
    host = plan.host._replace(libc_version="") if plan.is_bound else plan.host
    for command in plan.commands:
        places = [f"{stage}/{folder}/{command}" for folder in plan.bin_dirs]
        path = next((one for one in places if os.path.isfile(one)), None)
        if path is None:
            raise Refused(
                f"{plan.pin} from {plan.source} has no `{command}`",
                [
                    ("archive", plan.artifacts[0].filename),
                    ("expected in", ", ".join(plan.bin_dirs)),
                    ("installed", "nothing"),
                ],
            )
        check_command(path, host, plan.pin, root=root)


def check_proof(plan: Plan, stage: str) -> tuple[tuple[str, str], ...]:
    """Run the proof and compare the first line it says.

    With no variables but PATH and a HOME that takes and holds nothing: an old `erl`
    starts in no other way, and what a program writes there is no part of the tree.
    Return what the lines behind it say, as (name, value). Raises Refused where the
    plan demands one of them and the build says `no`, or nothing.
    """
    if not plan.proof:
        return ()
    *command, expected = plan.proof
    folders = ":".join(f"{stage}/{folder}" for folder in plan.bin_dirs)
    env = {"PATH": f"{folders}:/usr/local/bin:/usr/bin:/bin", "HOME": "/dev/null"}
    # One of the tree that may not be run is not the system's of the same name.
    places = (f"{stage}/{folder}/{command[0]}" for folder in plan.bin_dirs)
    path = next((one for one in places if os.path.isfile(one)), command[0])
    told = run([path, *command[1:]], env=env, cwd=stage, timeout_s=60)
    answer, *more = (told.out or told.err).strip().split("\n")
    if told.status != 0:
        raise Refused(
            f"{plan.pin} from {plan.source} does not run on this machine",
            [("command", " ".join(command)), ("it said", answer or "nothing")],
        )
    if answer != expected:
        raise NotPublished(
            f"{plan.source}'s {plan.pin} is not that version: it says {answer}"
        )
    facts = tuple(
        (name, value) for name, _, value in (one.partition(" ") for one in more)
    )
    _check_demands(plan, dict(facts))
    return facts


def _check_demands(plan: Plan, facts: Mapping[str, str]) -> None:
    lacking = [name for name in plan.demands if facts.get(name, "no") == "no"]
    if lacking:
        names = " ".join(f"{plan.pin.tool}.{name}" for name in lacking)
        raise Refused(
            f"{plan.pin} from {plan.source} has no {', '.join(lacking)}",
            [
                ("it has", ", ".join(f"{one} {two}" for one, two in facts.items())),
                ("installed", "nothing"),
                ("to allow it", f"TOOLPIN_ALLOW='{names}' toolpin install"),
            ],
        )
