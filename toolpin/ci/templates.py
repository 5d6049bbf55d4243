"""Renders the templates of `ci init` for one project.

Values and text only. The file is for the top of a repository, the project may be in a
directory below it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from toolpin.errors import UsageError

# Characters that YAML and sh read literally.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_COPY = ".github/toolpin"
_FILES = re.compile(r"(?m)^( +- )(\.tool-versions|toolpin\.lock)$")
_COMMANDS = re.compile(r"(?m)^( +- toolpin)( ci )")
_UNPUBLISHED = re.compile(r"(?m)^ *# toolpin is not published yet.*\n")


class Template(NamedTuple):
    """The path of a CI's file in a repository, and the next step for its user."""

    path: str
    then: str


TEMPLATES = {
    "github": Template(
        ".github/workflows/toolpin.yml",
        f"commit it, and a checkout of toolpin that you trust as {_COPY}",
    ),
    "gitlab": Template(
        ".gitlab/toolpin.yml",
        "commit it, and in .gitlab-ci.yml: include: {local: .gitlab/toolpin.yml}",
    ),
}


def render(text: str, below: str, action: str) -> str:
    """Return a template's text for the project in the directory `below` the top.

    `below` is "" for the top itself. `action` is `owner/name@ref` of the published
    action, "" before there is one: then a copy in the repository is used. Raises
    UsageError for a directory that YAML or sh would not read literally.
    """
    if action:
        text = _UNPUBLISHED.sub("", text).replace(f"./{_COPY}", action)
    if not below:
        return text
    if not _PLAIN.fullmatch(below):
        raise UsageError(
            "the name of this directory cannot be written into a CI file",
            [("received", repr(below)), ("expected", "letters, digits and . _ - /")],
        )
    text = text.replace("working-directory: .\n", f"working-directory: ./{below}\n")
    text = _FILES.sub(rf"\1{below}/\2", text)
    return _COMMANDS.sub(rf"\1 -C ./{below}\2", text)
