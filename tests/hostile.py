"""Which hostile inputs, faults and races have tests: `python -m tests.hostile`.

They are numbered, and a test carries its numbers: `test_hostile_14_15_x`. This
counts the tests of each number, and names those without one, with the reason.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

NUMBERS = (*range(1, 90), *range(100, 119))
WITHOUT = {86: "toolpin has no remote store yet"}
# What the numbers are about.
ROOMS = {
    range(1, 37): "archives",
    range(37, 54): "downloads",
    range(54, 70): "files of projects and users",
    range(70, 87): "the machine",
    # 87 trees nested too deep, 88 documents of too many values, 89 forged lines.
    range(87, 90): "depth, cost and output",
    range(100, 109): "stores, CI, lists, install.sh, package indexes",
    # 109 locators that lead elsewhere, 110 places of another's, 111 tokens of another
    # server, 112 wheels' names and digests, 113 trees of several archives and links.
    range(109, 114): "locators, places, tokens, wheels, links",
    # 114 numbers and digests of another kind, 115 words of another alphabet, 116 levels
    # that a lockfile raises, 117 pins of another spelling, 118 versions of a bundle
    # that are not locked.
    range(114, 119): "values in lists, levels, spellings, bundles",
}
_TEST = re.compile(r"^def (test_hostile((?:_\d{2,3})+)_\w+)", re.MULTILINE)


def count() -> Counter[int]:
    """Return how many test functions carry each number."""
    results: Counter[int] = Counter()
    for file in sorted(Path(__file__).parent.rglob("test_*.py")):
        for match in _TEST.finditer(file.read_text()):
            results.update(int(number) for number in match[2].strip("_").split("_"))
    return results


def lacking(found: Counter[int]) -> list[int]:
    """Return the numbers that have neither a test nor a reason."""
    return [number for number in NUMBERS if not found[number] and number not in WITHOUT]


def main() -> int:
    """Print a line for each kind and each number without a test."""
    result = count()
    for numbers, room in ROOMS.items():
        tests = sum(result[number] for number in numbers)
        have = sum(1 for number in numbers if result[number])
        print(f"{room:<28} {have:>3} of {len(numbers)} numbers  {tests:>4} tests")
    for number, reason in WITHOUT.items():
        print(f"{number}: {result[number]} tests; {reason}")
    for number in lacking(result):
        print(f"{number}: no test and no reason")
    return 1 if lacking(result) else 0


if __name__ == "__main__":
    sys.exit(main())
