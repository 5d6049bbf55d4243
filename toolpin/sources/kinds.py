"""The kinds of source, by the value of `kind` in a plugin's file."""

from __future__ import annotations

from collections.abc import Mapping

from toolpin.sources import debian, github, http, lines, npm, pypi, script
from toolpin.sources.protocol import Kind

KINDS: Mapping[str, Kind] = {
    "http": http.KIND,
    "lines": lines.KIND,
    "github": github.KIND,
    "npm": npm.KIND,
    "pypi": pypi.KIND,
    "debian": debian.KIND,
    script.NAME: script.KIND,
}
# The source of a scripted plugin is in no file.
IN_FILES: Mapping[str, Kind] = {
    name: kind for name, kind in KINDS.items() if kind.fields
}
