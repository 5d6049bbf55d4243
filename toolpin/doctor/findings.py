"""The findings of `doctor`: the problem, and the line or command that fixes it.

Values, and their text and tables.
"""

from __future__ import annotations

from typing import NamedTuple

from toolpin.errors import ToolpinError, fact_lines, printable
from toolpin.system.report import facts_table


class Finding(NamedTuple):
    """A problem, its facts as (label, value), and the fix.

    `fix` is a line for the end of `file`; a command if that is "".
    """

    check: str
    what: str
    facts: tuple[tuple[str, str], ...] = ()
    fix: str = ""
    file: str = ""


def of_error(check: str, error: ToolpinError) -> Finding:
    """Return an error that stopped a check as a finding."""
    return Finding(check, error.what, error.facts, error.hint or "")


def render(finding: Finding) -> str:
    """Render the lines of one finding, without a newline at the end."""
    lines = [printable(finding.what), *fact_lines(finding.facts)]
    if finding.file:
        lines.append(f"  add to the end of {printable(finding.file)}:")
        lines.append(f"    {printable(finding.fix)}")
    elif finding.fix:
        lines.append(f"  try: {printable(finding.fix)}")
    return "\n".join(lines)


def as_table(finding: Finding) -> dict[str, object]:
    """Return one finding as JSON output shows it."""
    return {
        "check": finding.check,
        "what": finding.what,
        "facts": facts_table(finding.facts),
        "mend": finding.fix or None,
        "file": finding.file or None,
    }
