"""The kinds of source: whose field each is, and which placeholders it may hold."""

from __future__ import annotations

import pytest

from toolpin.errors import UsageError
from toolpin.plugins import tool_schema
from toolpin.plugins.tool_file import examine, parse_tool
from toolpin.sources import shared_fields
from toolpin.sources.fields import Field
from toolpin.sources.kinds import IN_FILES
from toolpin.system.host import any_of

HEAD = """\
[tool]
name = "demo"
description = "a demo"
homepage = "https://demo.example/"
commands = ["demo"]
"""
SOURCE = """\
[[source]]
id = "one"
kind = "{kind}"
hosts.linux-x64 = {{ target = "x" }}
hosts.macos-arm64 = {{ target = "y" }}
"""
CATALOG = '{ url = "https://demo.example/i.json", version = "v" }'
NEEDED = {
    "http": {
        "artifacts": '["https://demo.example/{version}-{target}.zip"]',
        "checksums": '"https://demo.example/{version}.sha256"',
        "catalogue": CATALOG,
    },
    "lines": {
        "list": '"https://demo.example/{target}/{image}.csv"',
        "line": '"{version},{sha256},{otp}"',
        "artifacts": '["https://demo.example/{image}/{otp}/{version}-{target}"]',
    },
    "github": {"repo": '"a/b"', "assets": '["demo-{version}-{target}.zip"]'},
    "npm": {"package": '"demo-{target}"'},
    "pypi": {"package": '"demo-{target}"'},
    "debian": {"package": '"demo"', "suites": "{ trixie = {} }"},
}
# A value of each field that is filled in, with a placeholder that has no value.
TYPOS = {
    "publisher": '"{verison}"',
    "only": '"a-{verison}"',
    "links": '{ "bin/x" = "../{verison}" }',
    "program": '"bin/{verison}"',
    "run": '["sh", "{verison}"]',
    "rewrite": '{ "x" = { "y" = "{verison}" } }',
    "artifacts": '["https://demo.example/{verison}"]',
    "checksums": '"https://demo.example/{verison}"',
    "catalogue": CATALOG.replace("}", ', files = "f", file = "{verison}" }'),
    "list": '"https://demo.example/{verison}"',
    "assets": '["{verison}"]',
    "parts": '["https://demo.example/{verison}"]',
    "checksums_asset": '"{verison}"',
    "package": '"{verison}"',
    "built_for": '{ erlang = "{verison}" }',
}
TOOL_TYPOS = {
    "proof": '["demo", "--version", "{verison}"]',
    "variables": '{ DEMO = "{verison}/x" }',
    "files": '{ "share/{verison}" = "text" }',
    "defaults": '{ DEMO = ["{verison}/x"] }',
    "homes": '{ DEMO_HOME = "{verison}" }',
    "home_bins": '["{verison}/bin"]',
    "default_packages": '{ file = ".x", run = ["x", "{words}", "{verison}"] }',
}
PHASES = 'phases = [{ name = "make", run = ["make", "DIR=%s"] }]'
NEEDS = """\
needs = [{ what = "x", programs = ["x"], suite = "s", libraries = ["l1"], \
headers = ["h1"], option = "--with={supplied}%s", soname = "s.so" }]
"""


def source(kind: str, **fields: str) -> str:
    text = HEAD + SOURCE.format(kind=kind)
    given = {"publisher": '"demo.example"', **NEEDED[kind], **fields}
    return text + "".join(f"{key} = {value}\n" for key, value in given.items())


def faults(text: str) -> list[str]:
    return [fault.what for fault in examine(text, "demo.toml")[1]]


def line_with(text: str, start: str) -> int:
    lines = text.splitlines()
    return next(at for at, line in enumerate(lines, 1) if line.startswith(start))


def is_filled(field: Field) -> bool:
    return field.holds is not None


@pytest.mark.parametrize("kind", IN_FILES)
def test_the_needed_fields_are_a_source(kind: str) -> None:
    assert faults(source(kind)) == []
    own = parse_tool(source(kind), "demo.toml").sources[0].own
    assert isinstance(own, IN_FILES[kind].own)


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (name, key)
        for name, kind in IN_FILES.items()
        for key, field in kind.fields.items()
        if is_filled(field)
    ],
)
def test_a_placeholder_without_a_value_is_found_in_every_field(
    kind: str, key: str
) -> None:
    value = TYPOS[key]
    if (kind, key) == ("github", "parts"):
        value = TYPOS["assets"]
    text = source(kind, **{key: value})
    at = line_with(text, f"{key} = ")
    expected = f"demo.toml:{at}: source.{key} has no value for {{verison}}"
    assert faults(text) == [expected]


@pytest.mark.parametrize(
    "key", [key for key, field in tool_schema.TOOL.items() if is_filled(field)]
)
def test_a_placeholder_without_a_value_is_found_in_a_tools_fields(key: str) -> None:
    text = source("npm").replace("[[source]]", f"{key} = {TOOL_TYPOS[key]}\n[[source]]")
    assert faults(text) == [f"demo.toml:6: tool.{key} has no value for {{verison}}"]


@pytest.mark.parametrize(
    ("build", "key"),
    [
        (PHASES % "{verison}", "phases"),
        (PHASES % "{install}" + "\n" + NEEDS % "{verison}", "needs"),
    ],
)
def test_a_placeholder_without_a_value_is_found_in_a_build(
    build: str, key: str
) -> None:
    text = f"{source('npm')}build = true\n[build]\n{build}"
    at = line_with(text, f"{key} = ")
    assert faults(text) == [f"demo.toml:{at}: build.{key} has no value for {{verison}}"]
    assert faults(text.replace("{verison}", "")) == []


@pytest.mark.parametrize("key", ["into", "links"])
def test_a_placeholder_without_a_value_is_found_in_a_companion(key: str) -> None:
    fields = {"into": '"lib"', "links": "{}"}
    fields[key] = TYPOS["links" if key == "links" else "program"]
    table = "".join(f"{name} = {value}\n" for name, value in fields.items())
    text = f'{source("npm")}[[source.with]]\npackage = "p"\ntable = "t.tsv"\n'
    text += f'column = "c"\n{table}'
    assert [fault.partition(": ")[2] for fault in faults(text)] == [
        f"source.with.{key} has no value for {{verison}}"
    ]


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("github", "assets", '["x-{asset}"]'),
        ("github", "assets", '["x-{variant}"]'),
        ("lines", "built_for", '{ erlang = "{image}" }'),
        ("debian", "package", '"demo-{target}"'),
        ("npm", "package", '"demo-{version}"'),
    ],
)
def test_a_placeholder_of_another_field_has_no_value(
    kind: str, key: str, value: str
) -> None:
    (fault,) = faults(source(kind, **{key: value}))
    assert f"source.{key} has no value for" in fault


def test_a_placeholder_that_only_some_hosts_have_names_the_others() -> None:
    text = source("npm").replace('{ target = "y" }', "{}")
    _, (fault,) = examine(text, "demo.toml")
    assert ("host", "macos-arm64") in fault.facts


def test_variables_of_a_shell_are_no_placeholders() -> None:
    run = """["sh", "-c", "echo ${verison} >{install}/x"]"""
    assert faults(source("npm", run=run)) == []


@pytest.mark.parametrize("kind", IN_FILES)
def test_a_field_of_another_kind_is_refused_with_its_line(kind: str) -> None:
    others = {key for file in IN_FILES.values() for key in file.fields}
    for key in sorted(others - IN_FILES[kind].fields.keys()):
        text = source(kind, **{key: '"x"'})
        _, (fault,) = examine(text, "demo.toml")
        at = line_with(text, f"{key} = ")
        assert fault.what == f"demo.toml:{at}: kind {kind} has no field `{key}`"
        assert kind not in dict(fault.facts)["kinds with it"].split(", ")


def test_a_kind_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    text = source("npm").replace('kind = "npm"', 'kind = "ftp"')
    with pytest.raises(UsageError, match=r"demo\.toml:8: source one") as caught:
        parse_tool(text, "demo.toml")
    assert ", ".join(IN_FILES) in dict(caught.value.facts)["kind"]


@pytest.mark.parametrize("kind", IN_FILES)
def test_a_kinds_own_fields_are_those_of_its_type(kind: str) -> None:
    file = IN_FILES[kind]
    groups = (
        shared_fields.COMMON,
        shared_fields.ARCHIVE,
        shared_fields.WITH,
        shared_fields.built_for(),
    )
    common = {key for fields in groups for key in fields}
    assert set(file.own._fields) == file.fields.keys() - common
    assert set(file.needs) <= set(file.own._fields)


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("http", "https://demo.example/i.json"),
        ("lines", "https://demo.example/{target}/{image}.csv"),
        ("github", "https://api.github.com/repos/a/b/releases"),
        ("npm", "npm:demo-x"),
        ("pypi", "pypi:demo-x"),
        ("debian", "debian:demo"),
    ],
)
def test_a_list_is_remembered_by_the_address_that_is_queried(
    kind: str, url: str
) -> None:
    spec = parse_tool(source(kind), "demo.toml").sources[0]
    assert IN_FILES[kind].address(spec, any_of("linux-x64")) == url
