"""Syntax of bash and zsh, which differ in how a file is read without a fork."""

from __future__ import annotations

import os
from collections.abc import Iterator

from toolpin.env_patch import quote
from toolpin.shell.activation import Watch

__all__ = ["assign", "in_front", "quote", "same_bash", "same_zsh", "unset"]


def assign(name: str, value: str) -> str:
    """Render the export of a variable."""
    return f"export {name}={quote(value)}\n"


def unset(name: str) -> str:
    """Render the removal of a variable."""
    return f"unset {name}\n"


def in_front(directory: str) -> str:
    """Put a directory first on PATH, wherever it is in it, with builtins only.

    In one line, because programs that read an rc file may read it line by line.
    """
    at, name = quote(directory), "_toolpin_path"
    front = f'"${{PATH-}}:" in {at}:*'
    rest = f"*:{at}:*) {name}=${{{name}%%:{at}:*}}:${{{name}#*:{at}:}} ;; *) break ;;"
    move = f"while :; do case ${name} in {rest} esac; done"
    export = f'export PATH={at}"${{{name}%:}}"'
    return (
        f"case {front}) ;; *) {name}=${{PATH:+:$PATH}}:; {move}; {export}; "
        f"unset {name} ;; esac\n"
    )


def same_bash(watch: Watch) -> str:
    """Define the check for bash, 3.2 too; it may read more of a file than needed.

    It counts characters or bytes, depending on the locale, which it cannot set: if the
    user's locale does not exist, restoring it prints a warning at every prompt.
    """
    lines = ["local _toolpin_text\n"] if watch.texts else []
    for file, data, whole in watch.texts:
        size, text = len(data) + whole, quote(os.fsdecode(data))
        read = f'IFS= read -r -d "" "$_toolpin_size" {size} _toolpin_text'
        lines += [
            f"{read} <{quote(file)}\n",
            f'[ "$_toolpin_text" = {text} ] || return 1\n'
            if whole
            else f"[[ $_toolpin_text == {text}* ]] || return 1\n",
        ]
    return _function(watch, lines)


def same_zsh(watch: Watch) -> str:
    """Define the check for zsh; one system call reads a file's beginning."""
    lines = ["emulate -L zsh -o no_multibyte\n", "local _toolpin_text\n"]
    for file, data, whole in watch.texts:
        size = len(data) + whole
        # At the end of an empty file it fails, and leaves the variable as it was.
        lines += [
            "_toolpin_text=\n",
            f"sysread -s {size} _toolpin_text <{quote(file)}\n",
            f"[[ $_toolpin_text == {quote(os.fsdecode(data))} ]] || return 1\n",
        ]
    return _function(watch, lines)


def _function(watch: Watch, lines: list[str]) -> str:
    tests = " && ".join(_tests(watch)) or "-n x"
    body = "".join((f"[[ {tests} ]] || return 1\n", *lines))
    return f"_toolpin_same() {{\n{body}}} 2>/dev/null\n"


def _tests(watch: Watch) -> Iterator[str]:
    for file in watch.present:
        yield f"-e {quote(file)}"
    for file, _, _ in watch.texts:  # opening a named pipe would block
        yield f"-f {quote(file)}"
    for file in watch.absent:
        yield f"! -e {quote(file)}"
    for name, value in watch.variables:
        known = "" if value is None else f"={value}"
        yield f'"${{{name}+=}}${{{name}-}}" == {quote(known)}'
