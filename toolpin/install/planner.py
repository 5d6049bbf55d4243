"""Makes the Plan for one pin on one host from a tool's data and one of its sources."""

from __future__ import annotations

from collections.abc import Sequence

from toolpin.errors import NotPublished
from toolpin.install.companions import companion_versions
from toolpin.install.source_build_plan import code_steps, recipe_for, supplied_builds
from toolpin.model import Artifact, Build, Host, Pin, Plan, Step, Unpack, Write
from toolpin.plugins.tool_file import Tool
from toolpin.sources.clients import Clients
from toolpin.sources.kinds import KINDS
from toolpin.sources.paired_versions import requirements_of
from toolpin.sources.protocol import fill
from toolpin.sources.spec import SourceSpec


def make_plan(
    tool: Tool,
    spec: SourceSpec,
    pin: Pin,
    host: Host,
    clients: Clients,
    *,
    supplies: Sequence[Artifact] = (),
) -> Plan:
    """Return how to install the pin from this source, with `supplies` for its build.

    Raises NotPublished if the source has no such build, Unreachable if it does not
    answer.
    """
    if str(host) not in spec.hosts:
        raise NotPublished(f"{spec.id} has no builds for {host}")
    _check_release(spec, pin)
    artifacts = [*clients.open(spec).artifacts(pin.version, host)]
    artifacts += [
        clients.companion(companion.package, version)
        for companion, version in companion_versions(tool, spec, pin)
    ]
    return assemble(tool, spec, pin, host, [*artifacts, *supplies])


def locked_builds(
    tool: Tool, spec: SourceSpec, pin: Pin, host: Host, clients: Clients
) -> list[Build]:
    """Return every build of the pin that this source has for hosts of one kind.

    With their companions, as in a lockfile. Raises NotPublished, Unreachable.
    """
    _check_release(spec, pin)
    versions = companion_versions(tool, spec, pin)
    result = clients.open(spec).builds(pin.version, host)
    more = tuple(
        clients.companion(companion.package, version) for companion, version in versions
    )
    builds = [Build(build.artifacts + more, build.requires) for build in result]
    if recipe := recipe_for(tool, spec, host):
        builds = supplied_builds(recipe, pin, host, builds, clients)
    for build in builds:
        assemble(tool, spec, pin, host, build.artifacts)
    return builds


def host_for(spec: SourceSpec, host: Host, beside: tuple[tuple[str, str], ...]) -> Host:
    """Return the host with the tools beside it, if builds differ by those."""
    return host._replace(beside=beside) if spec.built_for else host


def _check_release(spec: SourceSpec, pin: Pin) -> None:
    """Raise NotPublished for a name that is not a release for the source's plugin."""
    if not spec.is_release(pin.version):
        raise NotPublished(f"{spec.id} has no release {pin.version}")


def assemble(
    tool: Tool, spec: SourceSpec, pin: Pin, host: Host, artifacts: Sequence[Artifact]
) -> Plan:
    """Return the plan for artifacts that the source named, in order.

    Raises NotPublished for artifacts that it would not name for this pin.
    """
    spec = spec.at(pin.version, host)
    make_steps = _code_steps if spec.build else _steps
    steps = make_steps(tool, spec, pin, host, artifacts)
    added = dict(tool.added_by)
    return Plan(
        pin=pin,
        host=host,
        source=spec.id,
        publisher=publisher(spec, host),
        artifacts=tuple(artifacts),
        steps=tuple(steps),
        bin_dirs=tool.bin_dirs,
        commands=tuple(name for name in tool.commands if name not in added),
        proof=tuple(fill(word, {"version": pin.version}) for word in tool.proof),
        verified=KINDS[spec.kind].level(spec),
        variables=tool.variables,
        defaults=tool.defaults,
        demands=tool.demands,
        homes=tuple((name, _with_minor(value, pin)) for name, value in tool.homes),
        home_bins=tuple(_with_minor(directory, pin) for directory in tool.home_bins),
        requires=requirements_of(spec, artifacts, pin.version, host),
    )


def _with_minor(directory: str, pin: Pin) -> str:
    """Replace {minor} by the first two numbers of the version."""
    numbers = pin.version.partition("-")[0].split(".")
    return directory.replace("{minor}", ".".join(numbers[:2]))


def _steps(
    tool: Tool, spec: SourceSpec, pin: Pin, host: Host, artifacts: Sequence[Artifact]
) -> list[Step]:
    """Return the steps for a build and its companions."""
    kind = KINDS[spec.kind]
    companions = companion_versions(tool, spec, pin)
    count = len(artifacts) - len(companions)
    expected = [f"npm:{value.package}@{version}" for value, version in companions]
    if [artifact.locator for artifact in artifacts[max(count, 0) :]] != expected:
        raise NotPublished(f"{spec.id} has different companion packages for {pin}")
    own = tuple(artifacts[:count])
    if not kind.names(spec, own, pin.version, host):
        raise NotPublished(f"{spec.id} does not list this build of {pin}")
    steps = kind.steps(spec, own, pin.version, host)
    for index, (companion, _) in enumerate(companions, count):
        steps.append(Unpack(index, into=companion.into, strip=1))
        steps.extend(companion.links)
    for path, line in tool.files:
        steps.append(Write(fill(path, {"version": pin.version}), line))
    return steps


def _code_steps(
    tool: Tool, spec: SourceSpec, pin: Pin, host: Host, artifacts: Sequence[Artifact]
) -> list[Step]:
    """Return the steps for source code by the plugin's recipe."""
    code = tuple(artifacts[:1])
    named = KINDS[spec.kind].names(spec, code, pin.version, host)
    recipe = recipe_for(tool, spec, host)
    if not named or recipe is None:
        raise NotPublished(f"{spec.id} does not list this source code of {pin}")
    return code_steps(recipe, spec, pin, artifacts, host)


def publisher(spec: SourceSpec, host: Host) -> str:
    """Return the publisher of this source's bytes for the host."""
    if str(host) not in spec.hosts:
        return spec.publisher
    return fill(spec.publisher, spec.values(host))
