"""The JSON documents of the store: receipts, and the plans that the cache remembers.

Text to value and back; equal values give equal bytes. No disk.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from toolpin.errors import ToolpinError
from toolpin.model import (
    Artifact,
    Digest,
    Host,
    Link,
    Pin,
    Plan,
    Receipt,
    Step,
    TreeFile,
    Unpack,
)

SCHEMA = 1


def render_receipt(receipt: Receipt) -> str:
    """Render a receipt: one key a line, one file a line."""
    head = {
        "schema": SCHEMA,
        "tool": receipt.pin.tool,
        "version": receipt.pin.version,
        "host": receipt.host,
        "source": receipt.source,
        "publisher": receipt.publisher,
        "artifacts": [_artifact_table(one) for one in receipt.artifacts],
        "bin_dirs": receipt.bin_dirs,
        "variables": receipt.variables,
        "installed_at": receipt.installed_at,
        "toolpin": receipt.toolpin,
    }
    files = ",\n".join(f"  {json.dumps(list(one))}" for one in receipt.files)
    return f'{json.dumps(head, indent=1)[:-2]},\n "files": [\n{files}\n ]\n}}\n'


def parse_receipt(text: str, place: str) -> Receipt:
    """Return the receipt in a text. Raises ToolpinError for anything else."""
    try:
        table = _table(text)
        return Receipt(
            pin=Pin(table["tool"], table["version"]),
            host=table["host"],
            source=table["source"],
            publisher=table["publisher"],
            artifacts=tuple(map(_artifact, table["artifacts"])),
            bin_dirs=tuple(table["bin_dirs"]),
            variables=tuple((name, value) for name, value in table["variables"]),
            files=tuple(TreeFile(*one) for one in table["files"]),
            installed_at=table["installed_at"],
            toolpin=table["toolpin"],
        )
    except (ValueError, LookupError, TypeError) as error:
        raise ToolpinError(
            f"{place} is no receipt that this toolpin can read",
            [("because", f"{type(error).__name__}: {error}")],
        ) from error


def render_plan(plan: Plan) -> str:
    """Render a plan, so that it can be carried out again without asking anybody."""
    table = {
        "schema": SCHEMA,
        "pin": plan.pin,
        "host": plan.host,
        "source": plan.source,
        "publisher": plan.publisher,
        "artifacts": [_artifact_table(one) for one in plan.artifacts],
        "steps": [_step_table(one) for one in plan.steps],
        "bin_dirs": plan.bin_dirs,
        "commands": plan.commands,
        "proof": plan.proof,
        "variables": plan.variables,
    }
    return json.dumps(table, indent=1) + "\n"


def parse_plan(text: str) -> Plan:
    """Return the plan in a text. Raises ValueError for anything else."""
    try:
        table = _table(text)
        return Plan(
            pin=Pin(*table["pin"]),
            host=Host(*table["host"]),
            source=table["source"],
            publisher=table["publisher"],
            artifacts=tuple(map(_artifact, table["artifacts"])),
            steps=tuple(map(_step, table["steps"])),
            bin_dirs=tuple(table["bin_dirs"]),
            commands=tuple(table["commands"]),
            proof=tuple(table["proof"]),
            variables=tuple((name, value) for name, value in table["variables"]),
        )
    except (LookupError, TypeError) as error:
        raise ValueError(str(error)) from error


def _table(text: str) -> dict[str, Any]:
    table = json.loads(text)
    if not isinstance(table, dict) or table.get("schema") != SCHEMA:
        raise ValueError(f"schema {SCHEMA} expected")
    return table


def _artifact_table(artifact: Artifact) -> dict[str, object]:
    return {**artifact._asdict(), "digest": str(artifact.digest)}


def _artifact(table: dict[str, Any]) -> Artifact:
    algorithm, _, digits = table["digest"].partition(":")
    return Artifact(**{**table, "digest": Digest(algorithm, digits)})


def _step_table(step: Step) -> dict[str, object]:
    return {"step": type(step).__name__.lower(), **step._asdict()}


def _step(table: dict[str, Any]) -> Step:
    kinds: dict[str, Callable[..., Step]] = {"unpack": Unpack, "link": Link}
    values = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in table.items()
        if key != "step"
    }
    return kinds[table["step"]](**values)
