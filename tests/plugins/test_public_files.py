"""Which .tool-versions files of public projects have bundled tools alone."""

from __future__ import annotations

from tests.support.plugin_index import bundled_tools
from tests.support.run import REPOSITORY

PAGE = (REPOSITORY / "docs/background/public-files.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and "/" in line
]
NAMES = {name for tool in bundled_tools() for name in tool.names}


def test_the_page_states_what_is_not_bundled() -> None:
    missing = {
        repository: [name for name in names.split(", ") if name not in NAMES]
        for repository, names, _ in ROWS
    }
    assert missing == {
        repository: lacked.split(", ") if lacked else []
        for repository, _, lacked in ROWS
    }


def test_the_page_counts_the_files_that_are_served_whole() -> None:
    whole = sum(not lacked for *_, lacked in ROWS)
    assert f"{whole} of the {len(ROWS)} are served whole" in " ".join(PAGE.split())
    assert whole >= 0.9 * len(ROWS)
