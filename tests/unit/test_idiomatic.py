"""What the files of other managers say, as requests."""

from __future__ import annotations

import pytest

from toolpin.errors import UsageError
from toolpin.model import Request
from toolpin.project.idiomatic import Idioms, disagreements, is_passed_over
from toolpin.project.manifests import MANIFESTS
from toolpin.project.validation import respell

SPELLINGS = {"lts/*": "lts", "lts/": "", "node": "latest", "go": "", "*-tem": "tem-*"}
IDIOMS = Idioms(
    {".node-version": "nodejs", ".nvmrc": "nodejs"},
    lambda _tool, word: respell(word, SPELLINGS),
    {
        "package.json": (("nodejs", "node"), ("pnpm", "pnpm"), ("yarn", "yarn")),
        "go.mod": (("golang", "go"),),
        "global.json": (("dotnet", "sdk"),),
        "rust-toolchain": (("rust", "rustc,cargo,rustfmt"),),
        "rust-toolchain.toml": (("rust", "rustc,cargo,rustfmt"),),
        "Gemfile": (("ruby", "ruby"),),
    },
)


def _read(name: str, text: str, tool: str = "") -> Request | None:
    return IDIOMS.read(
        text.encode(), f"/p/{name}", name, tool or IDIOMS.tools_of(name)[0]
    )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("v20.11.0\n", ["20.11.0"]),
        ("v20.x\n", ["20"]),
        ("20.11.X 18.*", ["20.11", "18"]),
        ("20\r\n", ["20"]),
        ("lts/*", ["lts"]),
        ("lts/iron # long-term", ["iron"]),
        ("node", ["latest"]),
        ("go1.22.1", ["1.22.1"]),
        ("vanilla", ["vanilla"]),
        ("system\n", ["system"]),
        ("3.12.1\n3.11.7 pypy3.9\n", ["3.12.1", "3.11.7", "pypy3.9"]),
        ("\ufeff20\n", ["20"]),
    ],
)
def test_a_plain_file_asks_for_what_its_people_mean(
    text: str, wanted: list[str]
) -> None:
    request = _read(".nvmrc", text)
    assert request is not None
    assert [str(alternative) for alternative in request.wanted] == wanted


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "  # nothing"])
def test_a_plain_file_without_a_word_asks_for_nothing(text: str) -> None:
    assert _read(".nvmrc", text) is None


def test_the_origin_is_the_first_words_place() -> None:
    request = _read(".nvmrc", "# ours\n  v20\n")
    assert request is not None
    assert request.origin == ("/p/.nvmrc", 2, 3)


def test_a_plain_file_has_as_many_versions_as_tool_versions_can_have() -> None:
    request = _read(".nvmrc", "20\n" * 1000)
    assert request is not None
    assert len(request.wanted) == 1000
    asks = IDIOMS._replace(readers={"nodejs": lambda _file: ["20"] * 1001})
    for idioms, text in ((IDIOMS, "20 " * 1001), (IDIOMS, "20\n" * 1001), (asks, "")):
        with pytest.raises(UsageError, match="more than 1000 versions"):
            idioms.read(text.encode(), "/p/.nvmrc", ".nvmrc", "nodejs")


@pytest.mark.parametrize("text", ["../x", "$(id)", "lts/../x", "lts/", "a\x1bb", "-1"])
def test_a_word_that_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        _read(".nvmrc", text)


@pytest.mark.parametrize(
    ("text", "wanted", "line"),
    [
        ('{"engines": {"node": "20.11.0"}}', "20.11.0", 1),
        ('{\n "engines": {\n  "node": "20.x" } }', "20", 3),
        ('{"volta": {"node": "18.1.0"}, "engines": {"node": "20"}}', "18.1.0", 1),
        (
            '{"devEngines": {"runtime": {"name": "node", "version": "=22.1"}}}',
            "22.1",
            1,
        ),
        (
            '{"devEngines": {"runtime": [{"name": "bun", "version": "1"},'
            ' {"name": "node", "version": "v22"}]}}',
            "22",
            1,
        ),
    ],
)
def test_a_package_json_pins_what_is_a_version(
    text: str, wanted: str, line: int
) -> None:
    request = _read("package.json", text)
    assert request is not None
    assert [str(alternative) for alternative in request.wanted] == [wanted]
    assert request.origin.line == line


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        '{"engines": "20"}',
        '{"engines": {"npm": "10"}}',
        '{"engines": {"node": ">=18"}}',
        '{"engines": {"node": "^20.1.0"}}',
        '{"engines": {"node": "18 || 20"}}',
        '{"engines": {"node": "*"}}',
        '{"engines": {"node": 20}}',
    ],
)
def test_a_package_json_with_no_version_or_a_range_pins_nothing(text: str) -> None:
    assert _read("package.json", text) is None


@pytest.mark.parametrize(
    ("text", "tool", "wanted"),
    [
        ('{"packageManager": "pnpm@9.15.4+sha512.b2dc20e2"}', "pnpm", "9.15.4"),
        ('{"packageManager": "yarn@4.18.1"}', "yarn", "4.18.1"),
        ('{"packageManager": "yarn@4.18.1"}', "pnpm", None),
        ('{"packageManager": "pnpm@https://demo.example/p.tgz"}', "pnpm", None),
        (
            '{"devEngines": {"packageManager": {"name": "pnpm", "version": "10.2.0",'
            ' "onFail": "error"}}}',
            "pnpm",
            "10.2.0",
        ),
        ('{"volta": {"node": "18.1.0", "yarn": "1.22.19"}}', "yarn", "1.22.19"),
    ],
)
def test_a_package_json_pins_a_package_manager(
    text: str, tool: str, wanted: str | None
) -> None:
    request = _read("package.json", text, tool)
    assert (
        [str(alternative) for alternative in request.wanted] if request else None
    ) == ([wanted] if wanted else None)


def test_a_package_json_that_is_none_is_an_error_with_its_line() -> None:
    with pytest.raises(UsageError) as caught:
        _read("package.json", '{\n"engines": }')
    assert "/p/package.json:2" in caught.value.what


@pytest.mark.parametrize(
    ("text", "wanted", "line"),
    [
        ("module x\n\ngo 1.22.1\n", "1.22.1", 3),
        ("module x\ngo 1.21 // least\ntoolchain go1.22.5\n", "1.22.5", 3),
        ("go 1.21\ntoolchain default\n", "1.21", 1),
    ],
)
def test_a_go_mod_asks_for_its_toolchain(text: str, wanted: str, line: int) -> None:
    request = _read("go.mod", text)
    assert request is not None
    assert str(request.wanted[0]) == wanted
    assert request.origin.line == line


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('ruby "3.3.0"', "3.3.0"),
        ("ruby '3.3.0' # as on the server", "3.3.0"),
        ('ruby("3.3.0")', "3.3.0"),
        ('  ruby "= 3.3.0"', "3.3.0"),
        ('ruby "3.3"', "3.3.0"),  # RubyGems means no other 3.3
        ('ruby "~> 3.3.0"', "3.3"),
        ('ruby "~> 3.0"', "3"),
        ('ruby "2.7.8", patchlevel: "225"', "2.7.8"),
        ('ruby "3.1.4", engine: "jruby", engine_version: "9.4.5.0"', "jruby-9.4.5.0"),
        ("ruby '3.1.4', :engine => 'ruby', :engine_version => '3.1.4'", "3.1.4"),
        ('ruby "~> 3.3.1"', None),
        ('ruby "~> 3.2"', None),
        ('ruby ">= 3.1", "< 3.4"', None),
        ('ruby "3.1.0", "3.1.4"', None),
        ('ruby file: ".ruby-version"', None),
        ("ruby ENV.fetch('RUBY')", None),
        ('ruby "3.#{minor}.0"', None),
        ('# ruby "3.3.0"', None),
        ('gem "ruby", "3.3.0"', None),
    ],
)
def test_a_gemfile_pins_the_ruby_that_it_names(line: str, wanted: str | None) -> None:
    text = f'source "https://rubygems.org"\n\n{line}\n\ngem "rails", "~> 7.1"\n'
    request = _read("Gemfile", text)
    if request is None:
        assert wanted is None
        return
    assert [str(alternative) for alternative in request.wanted] == [wanted]
    assert request.origin.line == 3


@pytest.mark.parametrize("name", ["ruby(", "[", "r|b", "(r+)+", "r.by", "*", "\\"])
def test_hostile_68_a_name_in_a_gemfile_is_a_text(name: str) -> None:
    """A plugin states it: a name that is no pattern stopped every command."""
    for other in (
        "ruby",
        "rxby",
        "r",
        "r" * 40 + "!",
    ):
        data = f'{other} "3.3.0"\n'.encode()
        assert MANIFESTS["Gemfile"](data, "Gemfile", name) is None


@pytest.mark.parametrize(
    ("tool", "wanted"), [("java", "tem-17.0.9"), ("gradle", "8.5"), ("maven", None)]
)
def test_an_sdkmanrc_has_a_version_of_each_tool(tool: str, wanted: str | None) -> None:
    rc = Idioms({}, IDIOMS.spell, {".sdkmanrc": ((tool, tool),)})
    text = b"# java=8\n\n java = 17.0.9-tem # LTS\r\ngradle=8.5\nmaven=\n"
    request = rc.read(text, "/p/.sdkmanrc", ".sdkmanrc", tool)
    assert (request and str(request.wanted[0])) == wanted


def _disagree(*files: tuple[str, str]) -> list[tuple[str, str]]:
    requests = [
        IDIOMS.read(text.encode(), place, ".nvmrc", "nodejs") for place, text in files
    ]
    pairs = disagreements([request for request in requests if request])
    return [(str(item.origin), str(other.origin)) for item, other in pairs]


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("20.11.0", "22", False),
        ("20", "20.11.0", True),
        ("20.11.0", "20", True),
        ("20.11.0", "20.11.0", True),
        ("2", "20", False),
        ("lts/*", "20", True),
    ],
)
def test_two_files_of_a_directory_may_disagree(
    one: str, other: str, *, agree: bool
) -> None:
    pairs = _disagree(("/p/.node-version", one), ("/p/.nvmrc", other))
    assert pairs == ([] if agree else [("/p/.node-version:1", "/p/.nvmrc:1")])


def test_files_of_two_directories_do_not_disagree() -> None:
    assert _disagree(("/p/q/.nvmrc", "20"), ("/p/.nvmrc", "22")) == []


def test_a_directory_of_that_very_name_is_passed_over() -> None:
    assert is_passed_over("/p/node_modules/x")
    assert is_passed_over("/p/vendor")
    assert not is_passed_over("/p/vendors/x")


# The forms that the documentation of rustup shows, and files of public projects.
@pytest.mark.parametrize(
    ("name", "text", "wanted", "line", "unmet"),
    [
        ("rust-toolchain", "nightly-2026-08-01\n", "nightly-2026-08-01", 1, ()),
        ("rust-toolchain", "\n  1.84.0", "1.84.0", 2, ()),
        (
            "rust-toolchain.toml",
            """# pinned
[toolchain]
channel = "nightly-2020-07-10"
components = [ "rustfmt", "rustc-dev" ]
targets = [ "wasm32-unknown-unknown", "thumbv2-none-eabi" ]
profile = "minimal"
""",
            "nightly-2020-07-10",
            3,
            (
                "component rustc-dev",
                "target wasm32-unknown-unknown",
                "target thumbv2-none-eabi",
            ),
        ),
        (
            "rust-toolchain",
            'toolchain.channel = "1.84"\ntoolchain.components = ["rustfmt-preview"]',
            "1.84",
            1,
            (),
        ),
        ("rust-toolchain.toml", '[toolchain]\nchannel = "stable"\n', "stable", 2, ()),
    ],
)
def test_a_toolchain_file_names_a_channel(
    name: str, text: str, wanted: str, line: int, unmet: tuple[str, ...]
) -> None:
    request = _read(name, text)
    assert request is not None
    assert (str(request.wanted[0]), request.origin.line) == (wanted, line)
    assert request.unmet == unmet


@pytest.mark.parametrize(
    "text",
    [
        '[toolchain]\npath = "/opt/rust"\n',
        '[toolchain]\ncomponents = ["rustfmt"]\n',
        "[toolchain]\nchannel = 1\n",
        "toolchain = 1",
        "",
    ],
)
def test_a_toolchain_file_without_a_channel_names_nothing(text: str) -> None:
    assert _read("rust-toolchain.toml", text) is None


@pytest.mark.parametrize("text", ["[toolchain", "a = " + "[" * 9999, "a b"])
def test_a_toolchain_file_that_is_not_toml_is_an_error(text: str) -> None:
    with pytest.raises(UsageError, match=r"/p/rust-toolchain is not TOML"):
        _read("rust-toolchain", text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            '{\n "sdk": {\n  "version": "8.0.404",\n  "rollForward": "disable"\n }\n}',
            "8.0.404",
        ),
        ('{"msbuild-sdks": {"Sdk": "1.0"}, "sdk": {"rollForward": "major"}}', None),
        ('{"sdk": "8.0.404"}', None),
        ("[]", None),
    ],
)
def test_a_global_json_names_an_sdk(text: str, wanted: str | None) -> None:
    request = _read("global.json", text)
    assert (str(request.wanted[0]) if request else None) == wanted
    assert request is None or request.origin.line == 3
