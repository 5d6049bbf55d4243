"""Plans the build of source code: the tarball, and libraries that the machine lacks.

Packages of a Debian suite supply what the machine lacks for an old version, with the
digests of its signed index. The plugin states which ones, and how a build uses them.
"""

from __future__ import annotations

from collections.abc import Sequence

from toolpin.errors import NotPublished, Unreachable
from toolpin.model import (
    SUPPLIED,
    Artifact,
    Build,
    Compile,
    Host,
    Need,
    Patch,
    Pin,
    Plan,
    Recipe,
    Step,
    Unpack,
)
from toolpin.plugins.tool_file import Tool
from toolpin.sources.clients import Clients
from toolpin.sources.deb_files import RUNTIME, is_package, package_of
from toolpin.sources.spec import SourceSpec
from toolpin.steps.preflight import applies


def recipe_for(tool: Tool, spec: SourceSpec, host: Host) -> Recipe | None:
    """Return how a source's code is built on a host; None without source code.

    Without the needs of other sources, and without packages for other hosts.
    """
    if tool.recipe is None or not spec.build:
        return None
    needs = [
        need for need in tool.recipe.needs if spec.id in (need.sources or [spec.id])
    ]
    if not _triplet(spec, host):
        needs = [need._replace(suite="") for need in needs]
    return tool.recipe._replace(needs=tuple(needs), requires=tool.requires)


def supply(needs: Sequence[Need], host: Host, clients: Clients) -> list[Artifact]:
    """Return the packages that satisfy these needs.

    Raises NotPublished, Unreachable.
    """
    artifacts: list[Artifact] = []
    for need in needs:
        names = (*need.libraries, *need.headers)
        artifacts += clients.packages(need.suite, names, host)
    return artifacts


def supplied_builds(
    recipe: Recipe, pin: Pin, host: Host, builds: Sequence[Build], clients: Clients
) -> list[Build]:
    """Return the builds of source code for hosts that lack what it needs, too.

    If the packages cannot be queried here, only the source code.
    """
    needs = [need for need in recipe.needs if need.suite and applies(need, pin.version)]
    if not needs:
        return list(builds)
    try:
        packages = tuple(supply(needs, host, clients))
    except (NotPublished, Unreachable):
        return list(builds)
    requires = tuple(sorted(("soname", need.soname) for need in needs))
    results = []
    for build in builds:
        results.append(build._replace(requires=(*build.requires, *requires)))
        results.append(build._replace(artifacts=build.artifacts + packages))
    return results


def code_steps(
    recipe: Recipe,
    spec: SourceSpec,
    pin: Pin,
    artifacts: Sequence[Artifact],
    host: Host,
) -> list[Step]:
    """Return the steps that build a tarball with its packages.

    Raises NotPublished for other artifacts.
    """
    packages = {package_of(artifact) for artifact in artifacts[1:]}
    supplied = tuple(
        need
        for need in recipe.needs
        if need.suite
        and applies(need, pin.version)
        and packages.issuperset(need.libraries + need.headers)
    )
    known = {name for need in supplied for name in need.libraries + need.headers}
    if not all(is_package(artifact, known) for artifact in artifacts[1:]):
        raise NotPublished(f"{spec.id} has different libraries for {pin}")
    headers = {name for need in supplied for name in need.headers}
    steps: list[Step] = [Unpack(0, strip=1)]
    for index, artifact in enumerate(artifacts[1:], 1):
        is_for_build = package_of(artifact) in headers
        steps += _unpacked(index, _triplet(spec, host), with_headers=is_for_build)
    steps.append(Compile(recipe._replace(supplied=supplied)))
    return [*steps, Patch(RUNTIME, "")] if supplied else steps


def left_out(plan: Plan) -> Plan:
    """Return the plan without supplied packages: the user has those libraries."""
    steps: list[Step] = []
    for step in plan.steps:
        if isinstance(step, Compile):
            steps.append(Compile(step.recipe._replace(supplied=())))
        elif not isinstance(step, Patch) and not (
            isinstance(step, Unpack) and step.into.startswith(f"{SUPPLIED}/")
        ):
            steps.append(step)
    return plan._replace(steps=tuple(steps))


def _unpacked(index: int, triplet: str, *, with_headers: bool) -> list[Step]:
    """Return the steps that unpack a package to `lib` and `include`."""
    places = [("lib", f"usr/lib/{triplet}", 3)]
    if with_headers:
        places += [
            ("include", "usr/include", 2),
            ("include", f"usr/include/{triplet}", 3),
        ]
    return [
        Unpack(index, into=f"{SUPPLIED}/{into}", only=only, strip=strip)
        for into, only, strip in places
    ]


def _triplet(spec: SourceSpec, host: Host) -> str:
    return spec.hosts.get(str(host), {}).get("triplet", "")
