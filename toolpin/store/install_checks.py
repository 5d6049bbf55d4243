"""Turns the inspections of an install, before and after a repair, into text and JSON.

It decides the status of an install: intact, damaged, repaired or adopted.
"""

from __future__ import annotations

from typing import NamedTuple

from toolpin.errors import ToolpinError, printable
from toolpin.store.inspection import Inspection, group_added


class Check(NamedTuple):
    """One install: its inspections before and after the repair."""

    before: Inspection
    after: Inspection
    problems: tuple[ToolpinError, ...] = ()

    @property
    def status(self) -> str:
        """Return `adopted`, `damaged`, `repaired` or `intact`."""
        if self.after.is_adopted:
            return "adopted"
        if self.after.findings:
            return "damaged"
        return "repaired" if self.before.findings else "intact"


def heading(check: Check) -> str:
    """Render the line with the status."""
    now = check.after
    files = f"{len(now.receipt.files) if now.receipt else 0:,}"
    output = {
        "adopted": "imported: it has no receipt to compare with",
        "intact": f"intact, {files} files and links",
        "repaired": f"repaired, {files} files and links",
        "damaged": "damaged",
    }[check.status]
    own = f"; {now.own:,} more that the tool added" if now.own else ""
    return f"{now.pin}: {output}{own}"


def rows(check: Check) -> list[tuple[str, str, str, str]]:
    """Render a row for each finding: a margin, the kind, the path, the reason."""
    results = [("repaired", path, "") for path in _repairs(check)]
    results += list(check.after.findings)
    results += [
        ("added", path, f"{count:,} files" if path.endswith("/") else "")
        for path, count in group_added(check.after).items()
    ]
    return [("", kind, _line(path), _line(detail)) for kind, path, detail in results]


def as_table(check: Check, tree: str) -> dict[str, object]:
    """Return one install, whose directory is `tree`, as JSON output shows it."""
    now = check.after
    return {
        "tool": now.pin.tool,
        "version": now.pin.version,
        "path": tree,
        "status": check.status,
        "files": len(now.receipt.files) if now.receipt else 0,
        "findings": [
            {
                "kind": finding.kind,
                "path": _text(finding.path),
                "detail": _text(finding.detail),
            }
            for finding in now.findings
        ],
        "repaired": _repairs(check),
        "added": [_text(path) for path in now.added],
        "own": now.own,
    }


def _repairs(check: Check) -> list[str]:
    left = {finding.path for finding in check.after.findings}
    paths = [finding.path for finding in check.before.findings]
    return [_text(path) for path in paths if path not in left]


def _line(text: str) -> str:
    return printable(text)


def _text(name: str) -> str:
    """Return a name as JSON can hold it, whatever bytes it has on disk."""
    return name.encode("utf-8", "backslashreplace").decode()
