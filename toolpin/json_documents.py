"""The JSON documents of store and cache: receipts, and artifacts named by sources.

Text to value and back; equal values give equal bytes. No disk.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from toolpin.digests import parse_digest
from toolpin.errors import ToolpinError
from toolpin.json_tables import artifact_table, pin_table
from toolpin.json_text import SHAPELESS, parse_json
from toolpin.model import Artifact, Pin, Receipt, RuntimeScripts, TreeFile
from toolpin.verification import LEVELS

SCHEMA = 1
_RUNTIME_SCRIPTS: dict[str, RuntimeScripts] = {"": "", "env": "env", "all": "all"}


def render_receipt(receipt: Receipt) -> str:
    """Render a receipt: one key a line, one file a line."""
    head: dict[str, object] = {
        "schema": SCHEMA,
        **pin_table(receipt.pin),
        "host": receipt.host,
        "source": receipt.source,
        "publisher": receipt.publisher,
        "artifacts": list(map(artifact_table, receipt.artifacts)),
        # Before `bin_dirs`: this part is read without a JSON parser.
        **({"requires": receipt.requires} if receipt.requires else {}),
        "bin_dirs": receipt.bin_dirs,
        "variables": receipt.variables,
        "installed_at": receipt.installed_at,
        "toolpin": receipt.toolpin,
        "bound": receipt.bound,
        "homes": receipt.homes,
        "home_bins": receipt.home_bins,
        "facts": receipt.facts,
        "asks": receipt.runtime_scripts,
        "verified": str(receipt.verified),
    }
    if receipt.defaults:
        head["defaults"] = receipt.defaults
    files = ",\n".join(f"  {json.dumps(list(file))}" for file in receipt.files)
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
            variables=_pairs(table["variables"]),
            files=tuple(TreeFile(*file) for file in table["files"]),
            installed_at=table["installed_at"],
            toolpin=table["toolpin"],
            bound=bool(table["bound"]),
            homes=_pairs(table["homes"]),
            home_bins=tuple(table["home_bins"]),
            facts=_pairs(table["facts"]),
            runtime_scripts=_RUNTIME_SCRIPTS[table["asks"]],
            verified=LEVELS[table["verified"]],
            requires=_pairs(table.get("requires", ())),
            defaults=tuple(
                (name, tuple(words)) for name, words in table.get("defaults", ())
            ),
        )
    except SHAPELESS as error:
        raise ToolpinError(
            f"{place} is not a receipt that this version of toolpin can read",
            [("reason", f"{type(error).__name__}: {error}")],
        ) from error


def render_note(address: str, artifacts: Sequence[Artifact]) -> str:
    """Render the artifacts that a source named for a version, and the address."""
    table = {
        "schema": SCHEMA,
        "asked": address,
        "artifacts": list(map(artifact_table, artifacts)),
    }
    return json.dumps(table, indent=1) + "\n"


def parse_note(text: str) -> tuple[str, tuple[Artifact, ...]]:
    """Return the address and the artifacts of a note.

    Raises ValueError for other text.
    """
    try:
        table = _table(text)
        return str(table["asked"]), tuple(map(_artifact, table["artifacts"]))
    except SHAPELESS as error:
        raise ValueError(f"no note: {error}") from error


def _pairs(values: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in values)


def _table(text: str) -> dict[str, Any]:
    table = parse_json(text)
    if not isinstance(table, dict) or table.get("schema") != SCHEMA:
        raise ValueError(f"schema {SCHEMA} expected")
    return table


def _artifact(table: dict[str, Any]) -> Artifact:
    """Return a validated artifact."""
    digest = parse_digest(table["digest"])
    size_bytes, filename = table["size_bytes"], table["filename"]
    if digest is None:
        raise ValueError("expected a digest")
    if not (size_bytes is None or type(size_bytes) is int):
        raise ValueError("expected a size in bytes")
    if "/" in filename or "\0" in filename or not filename:
        raise ValueError("expected a file name")
    return Artifact(str(table["locator"]), digest, size_bytes, filename)
