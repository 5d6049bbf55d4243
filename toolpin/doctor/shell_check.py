"""Checks a shell's environment: PATH, its startup files, and programs before the shims.

Pure; `process_environment` reads it. One check finds one kind of cause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from toolpin.doctor.findings import Finding
from toolpin.doctor.path_search import PathDirectory
from toolpin.doctor.process_environment import ProcessEnvironment
from toolpin.doctor.version_managers import sets_up
from toolpin.shell.startup_files import READ_BASHRC, Line, lines_that

Facts = list[tuple[str, str]]


def check_path(seen: ProcessEnvironment) -> Iterator[Finding]:
    """Find a PATH without the shims, or with other programs before them."""
    if not seen.is_on_path:
        if seen.serves_pins:
            return
        # If there is a line in a file that is not read, that is the cause.
        if not any(check_rc(seen)):
            yield _not_on_path(seen)
        return
    for directory in dict.fromkeys(clash.directory for clash in seen.clashes):
        if directory.kind == "manager":
            continue
        if seen.active and directory.path in seen.block:
            yield _of_another_directory(seen, directory)
            continue
        whose = str(directory.pin or directory.path)
        line = _own_line(seen, partial(_names, seen.home, directory.path))
        what = f"{whose} is on PATH before the shims"
        yield _in_front("path", what, (directory,), line, seen)


def check_rc(seen: ProcessEnvironment) -> Iterator[Finding]:
    """Find toolpin's line in a file that this shell does not read, or not always.

    A line only in a login shell's file reaches other shells only through PATH.
    """
    read = seen.reading
    own = seen.read_lines
    elsewhere = [line for line in seen.lines if line not in own]
    for line in own:
        if line.hook not in ("", "?", seen.shell):
            what = f"{line} activates toolpin for {line.hook}"
            yield _rc(seen, f"{what}, but {seen.shell} reads it", line, read.all)
            return
    if not own:
        stray = [line for line in elsewhere if line.hook or not seen.is_on_path]
        if stray:
            what = f"toolpin is activated in a file that {seen.shell} does not read"
            yield _rc(seen, what, stray[0], read.all)
        return
    hooks = [line for line in own if line.hook] or own
    if not any(line.file in read.login for line in hooks):
        what = f"a login {seen.shell} does not read the file that activates toolpin"
        finding = _rc(seen, what, hooks[0], read.login, read.login_file)
        # What that line needs may be next to it, and sh may read a login file.
        yield finding._replace(fix=READ_BASHRC)
    in_rc = any(line.file in read.interactive for line in hooks)
    needed = hooks[0].hook or not seen.is_on_path
    if needed and not in_rc and _has_own_rc(seen):
        what = f"only a login {seen.shell} reads the file that activates toolpin"
        yield _rc(seen, what, hooks[0], read.interactive)


def check_modes(seen: ProcessEnvironment) -> Iterator[Finding]:
    """Find shims before the directories that a hook has put on PATH."""
    kinds = [directory.kind for directory in seen.directories]
    if not (seen.active and "shims" in kinds and "install" in kinds):
        return
    if kinds.index("shims") > kinds.index("install"):
        return
    plain = [line for line in seen.read_lines if not line.hook]
    facts = [("shims", seen.shims), ("TOOLPIN_ACTIVE", seen.active)]
    facts += _line_facts("added by", plain[-1:])
    facts.append(("note", f"remove that, or activate {seen.active} last"))
    what = "the shims are on PATH before the directories of an activated shell"
    line, file = seen.fix
    yield Finding("modes", what, tuple(facts), line, file)


def check_managers(seen: ProcessEnvironment) -> Iterator[Finding]:
    """Find other managers with the same commands before the shims."""
    firsts = [clash.directory for clash in seen.clashes]
    managers = [directory for directory in firsts if directory.kind == "manager"]
    for owner in dict.fromkeys(directory.owner for directory in managers):
        others = [directory for directory in managers if directory.owner == owner]
        line = _own_line(seen, partial(sets_up, name=owner))
        what = f"{owner} is on PATH before the shims"
        yield _in_front("managers", what, others, line, seen)


SHELL_CHECKS = (check_path, check_managers, check_modes, check_rc)


def _not_on_path(seen: ProcessEnvironment) -> Finding:
    if own := seen.read_lines:
        what = "PATH lacks the shims directory, although a startup file adds it"
        facts = [("shims", seen.shims), *_line_facts("added by", own)]
        return Finding("path", what, tuple(facts), f"exec {seen.shell}")
    what = "PATH lacks the shims directory, and no startup file adds it"
    if not seen.is_attended:
        what = "PATH has neither the shims directory nor what is pinned here"
    return Finding("path", what, (("shims", seen.shims),), *seen.fix)


def _of_another_directory(
    seen: ProcessEnvironment, directory: PathDirectory
) -> Finding:
    """Return the finding of an activated shell whose directory has changed since.

    A script's own `cd`, or a variable for one command: no prompt comes in between.
    """
    clashes = [clash for clash in seen.clashes if clash.directory == directory]
    what = f"{directory.pin or directory.path} is on PATH for a different directory"
    facts = (
        ("runs", ", ".join(clash.command for clash in clashes)),
        ("from", directory.path),
        ("added by", f"the activated {seen.active} that started this"),
    )
    fix = f"toolpin exec {clashes[0].command}"
    if all(clash.is_pinned for clash in clashes):
        fix = 'eval "$(toolpin env)"'
        if seen.shell == "fish":
            fix = "toolpin env --format fish | source"
    return Finding("path", what, facts, fix)


def _in_front(
    check: str,
    what: str,
    owned: Sequence[PathDirectory],
    added: Line | None,
    seen: ProcessEnvironment,
) -> Finding:
    """Return the finding of directories in front, with the line that added them."""
    commands = dict.fromkeys(
        clash.command for clash in seen.clashes if clash.directory in owned
    )
    paths = dict.fromkeys(directory.path for directory in owned)
    facts = [("runs", ", ".join(commands))]
    facts += [("from", path) for path in paths]
    facts += _line_facts("added by", [added] if added else [])
    facts += _line_facts("activation line", seen.read_lines[-1:])
    line, file = seen.fix
    return Finding(check, what, tuple(facts), line, added.file if added else file)


def _rc(
    seen: ProcessEnvironment,
    what: str,
    line: Line,
    read: frozenset[str],
    file: str = "",
) -> Finding:
    """Return the finding of a line that is not reached by readers of `read`."""
    fix, usual = seen.fix
    facts = _line_facts("found in", [line])
    others = [file for file in seen.texts if file in read and file != line.file]
    facts += [("read instead", file) for file in others]
    return Finding("rc", what, tuple(facts), fix, file or usual)


def _has_own_rc(seen: ProcessEnvironment) -> bool:
    """Return whether shells that are not login shells read a separate file.

    Terminals on macOS start login shells: there bash's line is in a login file.
    """
    return seen.shell in ("bash", "zsh") and (seen.shell, seen.os) != ("bash", "macos")


def _own_line(seen: ProcessEnvironment, fits: Callable[[str], bool]) -> Line | None:
    """Return the last matching line in a file that this shell reads."""
    read = seen.reading.all
    texts = {file: text for file, text in seen.texts.items() if file in read}
    return next(reversed(lines_that(texts, fits)), None)


def _names(home: str, directory: str, text: str) -> bool:
    """Return whether a line names a directory, in full or relative to home."""
    return directory in text or directory.replace(home, "$HOME", 1) in text


def _line_facts(label: str, lines: Iterable[Line]) -> Facts:
    """Return the location of each line, and below it its text."""
    return [
        fact for line in lines for fact in ((label, str(line)), ("", line.text[:200]))
    ]
