"""Turns an asdf plugin's folder into a Tool with one source: its scripts.

What it lists and builds, its scripts say: `scripts` runs them. Here it only gets the
shape that everything else knows.
"""

from __future__ import annotations

import os
from urllib.parse import quote

from toolpin.errors import UsageError
from toolpin.model import Artifact, Digest
from toolpin.plugin.contract import SourceSpec, Tool
from toolpin.scripts.gitrepo import Identity

KIND = "script"
SOURCE = "asdf-plugin"
VERIFIED = "plugin only, not what its scripts fetch"
# Its scripts say for themselves where they run.
_HOSTS = (
    "linux-x64 linux-arm64 linux-x64-musl linux-arm64-musl macos-x64 macos-arm64"
).split()


def is_scripted(tool: Tool) -> bool:
    """Tell whether a tool's plugin is a folder of scripts."""
    return tool.sources[0].kind == KIND


def read_tool(name: str, folder: str, also: tuple[str, ...] = ()) -> Tool:
    """Return the tool that a plugin's folder is. Raises UsageError for another one."""
    if not os.path.isfile(f"{folder}/bin/install"):
        raise UsageError(
            f"{folder} is no asdf plugin", [("missing", f"{folder}/bin/install")]
        )
    return scripted_tool(name, folder, also)


def scripted_tool(name: str, folder: str, also: tuple[str, ...]) -> Tool:
    """Return the tool of a plugin in a folder, which need not be there yet."""
    spec = SourceSpec(
        id=SOURCE,
        kind=KIND,
        publisher=f"the scripts of {name}'s asdf plugin",
        hosts={host: {} for host in _HOSTS},
        since={},
        optional=False,
        catalogue={},
        artifacts=(),
        checksums="",
        repo="",
        tag="",
        assets=(),
        checksums_asset="",
        package=name,
        numbers=0,
        strip=0,
        only="",
        without=(),
        links=(),
        suites={},
        packages=(),
        shared={},
        runtime=(),
        rewrite=(),
        list="",
        line="",
        images={},
        releases="",
        built_for={},
        variants="",
        program="",
        run=(),
        build=False,
        named_only=False,
        companions=(),
    )
    return Tool(
        name=name,
        also=also,
        requires=(),
        uses=(),
        description="an asdf plugin",
        homepage="",
        commands=(),
        proof=(),
        demands=(),
        bin_dirs=("bin",),
        variables=(),
        defaults=(),
        homes=(),
        home_bins=(),
        reshim_after=(),
        added_by=(),
        idiomatic=(),
        spellings={},
        manifests={},
        mutable=(),
        channels={},
        channels_date="",
        long_term={},
        pairs={},
        refused_hosts={},
        sources=(spec,),
        recipe=None,
        file=folder,
    )


def artifact_of(name: str, identity: Identity) -> Artifact:
    """Return what a lockfile and a receipt name of a plugin: its commit and files."""
    where = f"{identity.url}@{identity.commit}"
    kind, text = "git", quote(where, safe="/:@%~+=&?#,;!$'()*")
    if identity.is_folder:
        kind, text = "folder", f"{name}@{identity.commit or 'files'}"
    digest = Digest("sha256", identity.sha256)
    return Artifact(f"{kind}:{text}", digest, None, text.rpartition("/")[2])


def address_of(artifact: Artifact) -> tuple[str, str]:
    """Return the URL and the commit that an artifact names; no URL for a folder."""
    kind, _, text = artifact.locator.partition(":")
    url, _, commit = text.rpartition("@")
    return ("" if kind == "folder" else url), commit
