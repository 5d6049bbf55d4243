"""A key says what an install depends on, all of that and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.run import REPOSITORY
from toolpin.ci.cache_keys import (
    Here,
    Inputs,
    install_key,
    job_key,
    job_prefix,
    plugin_digest,
    render_outputs,
)
from toolpin.errors import UsageError
from toolpin.model import Digest, Host, Pin
from toolpin.plugins.tool_file import parse_tool

HERE = Here(
    libc_version="2.36",
    distribution="debian 12",
    links=(("crypto", "OpenSSL 3.0.15"), ("ncurses", "6.4")),
    options=(("KERL_CONFIGURE_OPTIONS", "--with-wx"),),
    prefix="/home/ana/.local/share/toolpin/installs/erlang/27.1",
    built_with=("ab" * 32,),
)
INPUTS = Inputs(
    pin=Pin("erlang", "27.1"),
    host="linux-x64",
    digests=(Digest("sha256", "1" * 64), Digest("sha256", "2" * 64)),
    plugin="c" * 64,
    schema=1,
    here=HERE,
)
CHANGED: dict[str, dict[str, Any]] = {
    "tool": {"pin": Pin("erlang-x", "27.1")},
    "version": {"pin": Pin("erlang", "27.1.1")},
    "host": {"host": "linux-x64-musl"},
    "digest": {"digests": (Digest("sha256", "1" * 64), Digest("sha256", "3" * 64))},
    "algorithm": {"digests": (Digest("sha512", "1" * 64), Digest("sha256", "2" * 64))},
    "not locked": {"digests": None},
    "no artifact": {"digests": ()},
    "plugin": {"plugin": "d" * 64},
    "schema": {"schema": 2},
    "an archive's": {"here": None},
}
CHANGED_HERE: dict[str, dict[str, Any]] = {
    "libc": {"libc_version": "2.31"},
    "distribution": {"distribution": "debian 13"},
    "library": {"links": (("crypto", "OpenSSL 3.0.16"), ("ncurses", "6.4"))},
    "option": {"options": (("KERL_CONFIGURE_OPTIONS", ""),)},
    "other option": {"options": (("CFLAGS", "--with-wx"),)},
    "prefix": {"prefix": "/home/ben/.local/share/toolpin/installs/erlang/27.1"},
    "built with": {"built_with": ("ac" * 32,)},
    "built with less": {"built_with": ()},
}
GLIBC = Host("linux", "x64", "glibc", "2.36", frozenset({"libcrypto.so.3"}))


def test_equal_inputs_give_equal_keys() -> None:
    again = INPUTS._replace(here=HERE._replace(links=(*HERE.links,)))
    assert install_key(again) == install_key(INPUTS)
    assert re.fullmatch("[0-9a-f]{64}", install_key(INPUTS))


def test_a_key_is_the_same_in_every_release_of_this_form() -> None:
    plain = INPUTS._replace(here=None)
    assert install_key(plain) == (
        "97c20797800b99c3fb5010c4044f63bb21195ec8760e757cfbd3b5942ba7d4ac"
    )
    assert install_key(INPUTS) == (
        "b2a7f64c4def47123a1ef2d64f8c9f4f263db6af9f882451323a817351ce350b"
    )


@pytest.mark.parametrize("name", CHANGED)
def test_each_input_changes_the_key_alone(name: str) -> None:
    assert install_key(INPUTS._replace(**CHANGED[name])) != install_key(INPUTS)


@pytest.mark.parametrize("name", CHANGED_HERE)
def test_each_input_of_this_machine_changes_the_key_alone(name: str) -> None:
    changed = INPUTS._replace(here=HERE._replace(**CHANGED_HERE[name]))
    assert install_key(changed) != install_key(INPUTS)


def test_all_changes_give_different_keys() -> None:
    many = [INPUTS._replace(**item) for item in CHANGED.values()]
    many += [
        INPUTS._replace(here=HERE._replace(**item)) for item in CHANGED_HERE.values()
    ]
    assert len({install_key(item) for item in many}) == len(many)


def test_a_jobs_key_has_fields_of_fixed_number() -> None:
    key = job_key(GLIBC, [install_key(INPUTS)])
    assert re.fullmatch("toolpin-v1-linux-x64-glibc-[0-9a-f]{16}", key)
    assert job_prefix(Host("macos", "arm64", "", "14.5")) == (
        "toolpin-v1-macos-arm64-system-"
    )


def test_no_kind_of_machine_has_the_beginning_of_anothers_key() -> None:
    hosts = [
        Host(system, arch, libc, "")
        for system, libc in (("linux", "glibc"), ("linux", "musl"), ("macos", ""))
        for arch in ("x64", "arm64")
    ]
    keys = [job_key(host, ["a"]) for host in hosts]
    for host in hosts:
        begins = [key for key in keys if key.startswith(job_prefix(host))]
        assert begins == [job_key(host, ["a"])]


def test_a_jobs_key_does_not_tell_versions_of_glibc_or_libraries_apart() -> None:
    other = GLIBC._replace(libc_version="2.31", libraries=frozenset())
    assert job_key(other, ["a"]) == job_key(GLIBC, ["a"])


@given(st.lists(st.text("0123456789abcdef", min_size=1), min_size=1))
def test_the_order_of_installs_does_not_count(keys: list[str]) -> None:
    assert job_key(GLIBC, keys) == job_key(GLIBC, [*reversed(keys), keys[0]])


def test_fewer_installs_are_another_key() -> None:
    assert job_key(GLIBC, ["a", "b"]) != job_key(GLIBC, ["a"])


def test_a_comment_or_another_place_of_a_plugin_is_no_change() -> None:
    text = (REPOSITORY / "plugins/erlang.toml").read_text()
    mine = parse_tool(text, "/a/erlang.toml")
    assert plugin_digest(parse_tool(f"# mine\n{text}", "/b/erlang.toml")) == (
        plugin_digest(mine)
    )
    other = text.replace('"--without-odbc"', '"--with-odbc"')
    assert plugin_digest(parse_tool(other, "/a/erlang.toml")) != plugin_digest(mine)


def test_outputs_are_lines_of_either_form() -> None:
    values = {"cache-hit": "exact", "changed": False, "tools": ["nodejs 24"]}
    assert render_outputs(values, "github") == (
        'cache-hit=exact\nchanged=false\ntools=["nodejs 24"]'
    )
    assert render_outputs(values, "gitlab") == (
        "TOOLPIN_CI_CACHE_HIT=exact\nTOOLPIN_CI_CHANGED=false\n"
        'TOOLPIN_CI_TOOLS=["nodejs 24"]'
    )


@pytest.mark.parametrize("text", ["/a\nkey=b", "/a\rb"])
def test_a_value_of_several_lines_sets_no_other_output(text: str) -> None:
    with pytest.raises(UsageError, match="path cannot be a CI output"):
        render_outputs({"path": text}, "github")
