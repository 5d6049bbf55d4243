"""Turns the values that differ between a draft's hosts into words for {os} and {arch}.

Most publishers write the same word for a system or a processor on each host; then a
plugin needs a list of hosts, and no table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import product

from toolpin.sources.spec import host_words

_TEMPLATES = ("{triple}", "{os}-{arch}", "{os}_{arch}", "{os}.{arch}")
_SEPARATOR = re.compile(r"\{os\}(.)\{arch\}")


def words_for(targets: Mapping[str, str]) -> tuple[str, dict[str, str]] | None:
    """Return a template and the publisher's words that give every host's target.

    `targets` has a text for each host, such as `linux_x86_64`. None where no template
    gives them all.
    """
    for template, libc in product(_TEMPLATES, ("", "musl")):
        words = _words(template, targets) | ({"glibc": libc} if libc else {})
        if all(
            template.format_map(host_words(host, words)) == target
            for host, target in targets.items()
        ):
            return template, _without_defaults(words)
    return None


def _words(template: str, targets: Mapping[str, str]) -> dict[str, str]:
    """Return what the first host of each system and processor has for it."""
    words: dict[str, str] = {}
    match = _SEPARATOR.fullmatch(template)
    for host, target in targets.items() if match else ():
        system, arch, *_ = host.split("-")
        first, _, second = target.partition(match[1] if match else "")
        words.setdefault(system, first)
        words.setdefault(arch, second)
    return words


def _without_defaults(words: Mapping[str, str]) -> dict[str, str]:
    linux, macos = host_words("linux-x64", {}), host_words("macos-arm64", {})
    defaults = {
        "linux": linux["os"],
        "macos": macos["os"],
        "x64": linux["arch"],
        "arm64": macos["arch"],
    }
    return {key: word for key, word in words.items() if defaults.get(key) != word}
