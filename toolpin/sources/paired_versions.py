"""Finds the version of another tool that a build was made for, by its file name.

A lockfile states it. Receipts and cached artifacts contain the file name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from toolpin.model import Artifact, Host
from toolpin.sources.github_names import Github
from toolpin.sources.protocol import shape_of, tool_requirements
from toolpin.sources.spec import SourceSpec


def requirements_of(
    spec: SourceSpec, artifacts: Sequence[Artifact], version: str, host: Host
) -> tuple[tuple[str, str], ...]:
    """Return the other tools that a source's build requires; () if no name states it.

    A version that itself names its variant, such as `1.17.3-otp-27`, requires nothing.
    """
    own, first = spec.own, artifacts[0]
    if not spec.built_for or (isinstance(own, Github) and own.variants in version):
        return ()
    is_asset = isinstance(own, Github)
    text = first.filename if is_asset else first.locator
    templates = own.assets if is_asset else own.artifacts
    needed = set(re.findall(r"\{(\w+)\}", "".join(spec.built_for.values())))
    for image in (() if is_asset else tuple(own.images)) or ("",):
        values = spec.values(host, image=image, version=version)
        for template in templates:
            match = re.fullmatch(shape_of(template, values), text)
            columns = match.groupdict() if match else {}
            if match and columns.keys() >= needed:
                return tool_requirements(spec.built_for, columns)
    return ()
