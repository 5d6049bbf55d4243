"""Says for which version of another tool a build was made, by the name of its file.

A lockfile states it. A receipt, and the note of what a source named, have the file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from toolpin.model import Artifact, Host
from toolpin.plugin.contract import SourceSpec
from toolpin.sources.contract import shape_of, tool_requirements


def requirements_of(
    spec: SourceSpec, artifacts: Sequence[Artifact], version: str, host: Host
) -> tuple[tuple[str, str], ...]:
    """Return what a source's build requires of other tools; () where no name says it.

    A version that itself names its variant, such as `1.17.3-otp-27`, requires nothing.
    """
    if not spec.built_for or (spec.variants and spec.variants in version):
        return ()
    first = artifacts[0]
    text = first.filename if spec.kind == "github" else first.locator
    needed = set(re.findall(r"\{(\w+)\}", "".join(spec.built_for.values())))
    for image in list(spec.images) or [""]:
        values = {**spec.hosts[str(host)], "image": image, "version": version}
        for template in spec.assets or spec.artifacts:
            found = re.fullmatch(shape_of(template, values), text)
            columns = found.groupdict() if found else {}
            if found and columns.keys() >= needed:
                return tool_requirements(spec.built_for, columns)
    return ()
