"""What a wheel's name says of the hosts that it runs on."""

from __future__ import annotations

import pytest

from toolpin.host import any_of
from toolpin.sources.pypi_client import platform_tags, wheel_requires


@pytest.mark.parametrize(
    ("filename", "requires"),
    [
        ("n-1-py3-none-manylinux_2_28_x86_64.whl", (("glibc", "2.28"),)),
        ("n-1-py3-none-manylinux2014_x86_64.whl", (("glibc", "2.17"),)),
        (
            "n-1-cp3-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            (("glibc", "2.17"),),
        ),
        (
            "n-1-py3-none-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
            (("glibc", "2.27"),),
        ),
        ("n-1-py3-none-musllinux_1_2_aarch64.whl", (("musl", "1.2"),)),
        ("n-1-py3-none-macosx_13_0_arm64.whl", (("macos", "13.0"),)),
        ("n-1-py3-none-any.whl", ()),
    ],
)
def test_a_wheel_asks_for_the_least_of_its_tags(
    filename: str, requires: tuple[tuple[str, str], ...]
) -> None:
    assert wheel_requires(filename) == requires


def test_a_host_of_any_version_takes_every_tag() -> None:
    assert "manylinux_2_28_x86_64" in platform_tags(any_of("linux-x64"))
    assert "macosx_13_0_arm64" in platform_tags(any_of("macos-arm64"))
    assert platform_tags(any_of("linux-x64-musl")) == [
        "musllinux_1_2_x86_64",
        "musllinux_1_1_x86_64",
    ]


def test_a_host_of_one_version_takes_no_newer_tag() -> None:
    host = any_of("linux-arm64")._replace(libc_version="2.28")
    tags = platform_tags(host)
    assert tags[0] == "manylinux_2_28_aarch64"
    assert tags[-1] == "manylinux2014_aarch64"
