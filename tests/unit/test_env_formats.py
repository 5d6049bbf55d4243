"""The text of each format of `toolpin env`, read back, and what each cannot say."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.support.run import Home
from toolpin.errors import ToolpinError
from toolpin.model import EnvPatch
from toolpin.shell.env_formats import FORMATS, render_env, standing

BASE = ("/usr/bin", "/bin")
HARD = 'it\'s "a" $b `c` \\d #e %f =g; \t<h>&'


def _text(form: str, value: str, name: str = "X") -> str:
    return render_env(form, EnvPatch(("/t/bin",), ((name, value),)), BASE, "EOF1")


def test_a_file_has_a_path_that_stands_alone() -> None:
    patch = EnvPatch(("/t/bin", "/bin"), (("X", "1"),))
    assert standing(patch, BASE) == (("X", "1"), ("PATH", "/t/bin:/bin:/usr/bin"))


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("sh", "export X='1'\nexport PATH='/t/bin':\"${PATH:-"),
        ("fish", "set -gx X '1'\nset -gx PATH '/t/bin' $PATH\n"),
        ("json", '{\n "X": "1",\n "PATH": "/t/bin:/usr/bin:/bin"\n}\n'),
        ("dotenv", "X=1\nPATH=/t/bin:/usr/bin:/bin\n"),
        ("systemd", 'X="1"\nPATH="/t/bin:/usr/bin:/bin"\n'),
        ("github", "X<<EOF1\n1\nEOF1\nPATH<<EOF1\n/t/bin:/usr/bin:/bin\nEOF1\n"),
        ("docker", "X=1\nPATH=/t/bin:/usr/bin:/bin\n"),
    ],
)
def test_a_plain_value_in_each_format(form: str, text: str) -> None:
    assert _text(form, "1").startswith(text)


def test_the_formats_are_those_that_the_command_offers() -> None:
    assert FORMATS == ("sh", "fish", "json", "dotenv", "systemd", "github", "docker")
    for form in FORMATS:
        assert _text(form, "1")


@pytest.mark.parametrize("value", ["", " ", HARD, "a\nb", "'", "\\", "-n", "é"])
@pytest.mark.parametrize("shell", ["sh", "fish"])
def test_a_shell_reads_the_very_value(shell: str, value: str, home: Home) -> None:
    line = {"sh": ["sh"], "fish": ["fish", "--no-config"]}[shell]
    script = f"{_text(shell, value)}printf '%s' \"$X\""
    done = home.run(*line, "-c", script)
    assert done.out == value


def test_json_has_every_value() -> None:
    assert json.loads(_text("json", f"{HARD}\n"))["X"] == f"{HARD}\n"


def test_docker_and_github_take_a_value_as_it_is() -> None:
    assert _text("docker", HARD).startswith(f"X={HARD}\n")
    assert _text("github", f"{HARD}\nb\r").startswith(f"X<<EOF1\n{HARD}\nb\r\nEOF1\n")


@pytest.mark.parametrize("value", ["a b", "#", 'say "x"', "it's", "", "a'b #c", "`"])
def test_sh_reads_dotenv_as_every_reader_does(value: str) -> None:
    script = f"{_text('dotenv', value)}printf '%s' \"$X\""
    done = subprocess.run(["sh", "-c", script], capture_output=True, check=True)
    assert done.stdout.decode() == value


@pytest.mark.parametrize(
    ("form", "value"),
    [
        *((form, "a\nb") for form in ("dotenv", "systemd", "docker")),
        *((form, "a\rb") for form in ("dotenv", "systemd", "docker")),
        *((form, "\udcff") for form in FORMATS[3:]),
        ("dotenv", "a\\b"),
        ("dotenv", "$HOME"),
        ("dotenv", "'\""),
        ("dotenv", "'`"),
        ("systemd", "\x1b[1m"),
        ("docker", "x" * 65536),
    ],
)
def test_what_a_format_cannot_say_is_refused(form: str, value: str) -> None:
    with pytest.raises(ToolpinError) as caught:
        _text(form, value)
    facts = dict(caught.value.facts)
    assert facts["variable"] == "X"
    assert facts["reason"]
    assert caught.value.hint


@pytest.mark.parametrize("name", ["NODE_OPTIONS", "GITHUB_TOKEN", "RUNNER_TEMP"])
def test_github_has_names_that_no_step_may_set(name: str) -> None:
    with pytest.raises(ToolpinError):
        _text("github", "x", name)
    assert _text("docker", "x", name).startswith(f"{name}=x\n")


def test_a_directory_that_path_cannot_hold_is_refused() -> None:
    for form in FORMATS:
        with pytest.raises(ToolpinError):
            render_env(form, EnvPatch(("bin",), ()), BASE, "EOF1")
