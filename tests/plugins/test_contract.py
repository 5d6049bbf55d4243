"""The schema of a tool's TOML: what it refuses, and where it says the fault is."""

from __future__ import annotations

import pytest

from tests.support.run import REPOSITORY
from toolpin.errors import UsageError
from toolpin.plugins import tool_schema, user_plugins
from toolpin.plugins.tool_file import parse_tool
from toolpin.sources import shared_fields
from toolpin.sources.kinds import IN_FILES

GOOD = """
[tool]
name = "demo"
description = "a demo"
homepage = "https://demo.example/"
commands = ["demo"]
[[source]]
id = "upstream"
kind = "http"
publisher = "demo.example"
artifacts = ["https://demo.example/{version}.tar.gz"]
checksums = "https://demo.example/{version}.sha256"
catalogue = {url = "https://demo.example/index.json", version = "v"}
hosts.linux-x64 = {}
"""


def test_the_smallest_tool_is_read() -> None:
    tool = parse_tool(GOOD, "demo.toml")
    assert tool.names == ("demo",)
    assert tool.bin_dirs == ("bin",)
    assert tool.sources[0].hosts == {"linux-x64": {}}


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('name = "demo"', 'name = "../x"', "tool.name"),
        ('name = "demo"', "", "tool.name"),
        ('name = "demo"', "name = 3", "tool.name"),
        ('commands = ["demo"]', 'commands = [".."]', "tool.commands"),
        ('commands = ["demo"]', 'commands = ["../x"]', "tool.commands"),
        ('commands = ["demo"]', 'commands = ["sudo"]', "tool.commands"),
        ('commands = ["demo"]', 'commands = ["ls"]', "tool.commands"),
        ('commands = ["demo"]', 'commands = ["toolpin"]', "tool.commands"),
        (
            'commands = ["demo"]',
            'commands = ["demo"]\nbin_dirs = ["../x"]',
            "tool.bin_dirs",
        ),
        ('commands = ["demo"]', 'commands = ["demo"]\ncolour = 1', "tool.colour"),
        (
            'commands = ["demo"]',
            'commands = ["demo"]\nvariables = {LD_PRELOAD = "x"}',
            "tool.variables",
        ),
        (
            'commands = ["demo"]',
            'commands = ["demo"]\nvariables = {PATH = "x"}',
            "tool.variables",
        ),
        ('kind = "http"', 'kind = "ftp"', "source upstream"),
        ('kind = "http"', 'kind = "http"\noptional = "yes"', "source.optional"),
        ('kind = "http"', 'kind = "http"\nsince = {linux-x64 = []}', "source.since"),
        (
            'kind = "http"',
            'kind = "http"\nsince = {linux-x64 = "../1"}',
            "source.since",
        ),
        (
            'commands = ["demo"]',
            'commands = ["demo"]\nchannels_date = "2026-13-01"',
            "tool.channels_date",
        ),
        (
            'commands = ["demo"]',
            'commands = ["demo"]\nlong_term = {package = "x", file = "y"}',
            "tool.long_term",
        ),
        (
            'commands = ["demo"]',
            'commands = ["demo"]\nlong_term = '
            '{package = "x", file = "../y", version = "v", channel = "c"}',
            "tool.long_term",
        ),
        (
            'artifacts = ["https://demo.example/{version}.tar.gz"]',
            'artifacts = ["file:///etc/passwd"]',
            "source.artifacts",
        ),
        ("/{version}.tar.gz", "/{vers}.tar.gz", "{vers}"),
        ('kind = "http"', 'kind = "http"\nonly = "a-{vers}.data"', "{vers}"),
        ('publisher = "demo.example"', 'publisher = "{who}"', "{who}"),
        ('version = "v"}', 'version = "v", colour = "x"}', "source.catalogue"),
        ("https://demo.example/index.json", "http://x/", "source.catalogue"),
        ("hosts.linux-x64 = {}", "hosts = {}\nwith = [{}]", "source.with.package"),
        (
            "hosts.linux-x64 = {}",
            'hosts.linux-x64 = {}\nlinks = {"bin/x" = "../../etc/passwd"}',
            "source.links",
        ),
        (
            "hosts.linux-x64 = {}",
            'hosts.linux-x64 = {}\nlinks = {"bin/x" = "/etc/passwd"}',
            "source.links",
        ),
        (
            "hosts.linux-x64 = {}",
            'hosts.linux-x64 = {}\nlinks = {"../x" = "y"}',
            "source.links",
        ),
        # Files are bytes, for which these are no patterns.
        *(
            (
                "hosts.linux-x64 = {}",
                f"hosts.linux-x64 = {{}}\nrewrite = {{ x = {{ '{pattern}' = 'y' }} }}",
                "source.rewrite",
            )
            for pattern in ("(?u)x", r"\u0041", r"\U00000041", "(?a", "x**")
        ),
        (
            "hosts.linux-x64 = {}",
            'hosts.linux-x64 = {}\nlinks = {"bin/x" = "a/../../../y"}',
            "source.links",
        ),
        ("hosts.linux-x64 = {}", "hosts.linux-x64-glib = {}", "source.hosts"),
        ("hosts.linux-x64 = {}", 'hosts = ["darwin-arm64"]', "source.hosts"),
        (
            "hosts.linux-x64 = {}",
            'hosts.linux-x64 = {}\nsince.linux-x64-gnu = "1.0"',
            "source.since",
        ),
        (
            "hosts.linux-x64 = {}",
            'hosts.linux-x64 = {}\nwhen = [{ on = ["osx-x64"], strip = 1 }]',
            "source.when.on",
        ),
    ],
)
def test_hostile_68_a_field_that_breaks_the_rules_is_named(
    old: str, new: str, key: str
) -> None:
    assert old in GOOD
    with pytest.raises(UsageError) as caught:
        parse_tool(GOOD.replace(old, new), "demo.toml")
    assert caught.value.what.startswith("demo.toml")
    assert key in caught.value.render()


@pytest.mark.parametrize("text", ["", "[tool]\n", "x = ", "[[source]]\n", "[other]\n"])
def test_what_is_no_plugin_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"demo\.toml"):
        parse_tool(text, "demo.toml")


def test_every_field_says_what_it_expects_and_means() -> None:
    tables = [tool_schema.TOOL, tool_schema.BUILD, shared_fields.COMPANION]
    for fields in (*tables, *(kind.fields for kind in IN_FILES.values())):
        for field in fields.values():
            assert field.expected
            assert field.help


def test_every_bundled_tool_is_valid_under_its_own_name() -> None:
    files = sorted((REPOSITORY / "plugins").glob("*.toml"))
    assert files
    for file in files:
        assert parse_tool(file.read_text(), str(file)).name == file.stem
        assert user_plugins.faults_of(str(file)) == []
