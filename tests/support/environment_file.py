"""Reads an EnvironmentFile as systemd does: systemd.exec(5), as far as quotes go."""

from __future__ import annotations


def read_environment_file(text: str) -> dict[str, str]:
    """Return the variables of a file whose values are all in double quotes.

    A backslash takes the meaning from one of `"\\$` and the backtick, and is itself
    before anything else; within the quotes nothing else has a meaning.
    """
    environment_file: dict[str, str] = {}
    position = 0
    while position < len(text):
        name, mark, _ = text[position:].partition('="')
        assert mark, f"no value in double quotes: {text[position:]!r}"
        assert name.isidentifier(), name
        value, position = _quoted(text, position + len(name) + 2)
        environment_file[name] = value
    return environment_file


def _quoted(text: str, position: int) -> tuple[str, int]:
    value = ""
    while text[position] != '"':
        if text[position] == "\\" and text[position + 1] in '"\\$`':
            position += 1
        value += text[position]
        position += 1
    assert text[position + 1] == "\n"
    return value, position + 2
