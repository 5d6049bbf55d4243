"""`toolpin doctor`: what is wrong with a set-up, and the line that mends it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from toolpin.doctor import find_all
from toolpin.findings import as_table, render
from toolpin.session import Session


def add_arguments(parser: ArgumentParser) -> None:
    """Take whether the sources are to be asked."""
    parser.add_argument(
        "--net", action="store_true", help="ask every source, hop by hop, as well"
    )


def run(args: Namespace, session: Session) -> int:
    """Print what is wrong; 1 when something is."""
    findings = find_all(session)
    report = session.report
    if report.as_json:
        result = {"findings": list(map(as_table, findings)), "sources": None}
        report.document("doctor", result)
        return 1 if findings else 0
    report.answer("\n\n".join(map(render, findings))) if findings else None
    found = f"{len(findings)} found" if findings else "nothing is wrong"
    report.remark(f"toolpin: {found}")
    return 1 if findings else 0
