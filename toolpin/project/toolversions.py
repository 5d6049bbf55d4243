"""Turns the bytes of `.tool-versions` into requests, and edits those bytes in place.

One grammar for the file, the override variables and the command line. It opens no file,
and does not check that tools or versions exist.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from toolpin.errors import UsageError
from toolpin.model import Origin, Request, Wanted
from toolpin.project.validation import (
    NAME,
    VERSION,
    Spell,
    WordPosition,
    as_written,
    check,
    check_count,
    check_directory,
    check_ref,
    error,
    fits,
    invalid_word,
    named,
)

# The variables that rename project files for asdf, newest first.
FILENAME_VARIABLES = (
    "ASDF_TOOL_VERSIONS_FILENAME",
    "ASDF_DEFAULT_TOOL_VERSIONS_FILENAME",
)
_AFTER_NAME = re.compile(rb"[@:=]")
_BOM = b"\xef\xbb\xbf"
_FORMS = "a version, system, latest, latest:PREFIX, ref:NAME or path:/DIRECTORY"


def parse(data: bytes, place: str, spell: Spell = as_written) -> tuple[Request, ...]:
    """Return the requests of a file named `place`, in its order, repetitions kept.

    The first request of a tool takes precedence. `spell` returns the canonical form of
    a word for a tool. Raises UsageError.
    """
    requests = []
    count = 0
    for number, line in enumerate(text_of(data, place).split("\n"), 1):
        tokens = _tokens(line.removesuffix("\r"))
        if tokens:
            spot = WordPosition(Origin(place, number), line)
            count += len(tokens) - 1
            check_count(count, spot.moved(tokens[0][0] + 1))
            requests.append(_request(tokens, spot, spell))
    return tuple(requests)


def parse_for(
    data: bytes, names: Collection[str], place: str, spell: Spell = as_written
) -> Iterator[Request]:
    """Yield the requests of tools with these names, line by line.

    Other lines are not validated, and each line only when it is reached: a caller that
    stops at a tool's first line checks no more than a shim does. Raises UsageError,
    also for a line where one of the names is misspelled.
    """
    wanted = {name.encode() for name in names}
    lines = data.removeprefix(_BOM).split(b"\n")
    for number, line in enumerate(lines):
        words = line.partition(b"#")[0].replace(b"\t", b" ").strip(b" \r")
        word = words.partition(b" ")[0]
        # Also `nodejs@10`, `nodejs:` and `NodeJS`, which are errors.
        if word in wanted or _AFTER_NAME.split(word, 1)[0].lower() in wanted:
            end = b"\n" * (number + 1 < len(lines))  # a lone CR ends no line
            text = b"\n" * number + line.partition(b"#")[0] + end
            yield from parse(text, place, spell)


def parse_wanted(text: str, origin: Origin) -> Wanted:
    """Parse one word: `10.15.3`, `latest:27`, `system`.

    Raises UsageError for a word that is not valid in `.tool-versions`.
    """
    return _wanted(text, WordPosition(origin, text))


def parse_override(
    text: str, tool: str, variable: str, spell: Spell = as_written
) -> Request:
    """Return the request that an environment variable holds, versions set by blanks.

    `spell` is as for `parse`. Raises UsageError, also for a value without a version.
    """
    spot = WordPosition(Origin(variable), text)
    words = [word for word in text.replace("\t", " ").split(" ") if word]
    if not words:
        spot = spot._replace(hint=f"unset {variable}")
        raise error(f"{variable} holds no version of {tool}", spot)
    wanted = tuple(_wanted(spell(tool, word), spot) for word in words)
    return Request(tool, wanted, spot.origin)


def check_tool_name(name: str, origin: Origin) -> None:
    """Raise UsageError for an invalid tool name."""
    check(name, NAME, WordPosition(origin, name))


def directory_of(wanted: Wanted, home: str) -> str:
    """Return the directory that a `path:` names; only a leading `~/` is expanded."""
    if wanted.value.startswith("~/"):
        return f"{home}/{wanted.value[2:]}"
    return wanted.value


def variable_for(tool: str) -> str:
    """Return the variable that overrides the files: `TOOLPIN_NODEJS_VERSION`."""
    return f"TOOLPIN_{tool.upper().replace('-', '_').replace('.', '_')}_VERSION"


def edit(
    data: bytes,
    names: Sequence[str],
    versions: Sequence[Wanted],
    *,
    place: str = ".tool-versions",
) -> bytes:
    """Return the file with `versions` on the first line whose tool is in `names`.

    `nodejs@10` is treated as a line of nodejs. Without such a line one is added,
    under the first name. Every other byte stays.
    Raises UsageError for bytes that are not text; the lines are not validated.
    """
    text = text_of(data, place)
    written = " ".join(str(wanted) for wanted in versions)
    lines = text.split("\n")
    for index, line in enumerate(lines):
        tokens = _tokens(line.removesuffix("\r"))
        if tokens and (name := _name(tokens)) in names:
            lines[index] = _set(line, tokens, name, written)
            text = "\n".join(lines)
            break
    else:
        text = _append(text, f"{names[0]} {written}")
    return (_BOM if data.startswith(_BOM) else b"") + text.encode()


def text_of(data: bytes, place: str) -> str:
    """Return the text without its byte order mark.

    Raises UsageError with line and column for anything but plain text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise error(
            f"{place} is UTF-16, not UTF-8", WordPosition(Origin(place, 1, 1), "")
        )
    data = data.removeprefix(_BOM)
    try:
        text = data.decode()
    except UnicodeDecodeError as wrong:
        before = data[: wrong.start].decode().split("\n")
        origin = Origin(place, len(before), len(before[-1]) + 1)
        raise error(
            f"{place} is not UTF-8",
            WordPosition(origin, before[-1]),
            ("received", f"byte 0x{data[wrong.start]:02x}"),
        ) from None
    *ended, last = text.split("\n")
    for number, line in enumerate(ended, 1):
        _check_characters(line.removesuffix("\r"), Origin(place, number))
    _check_characters(last, Origin(place, len(ended) + 1))
    return text


def _set(line: str, tokens: list[tuple[int, str]], name: str, written: str) -> str:
    """Return the line with other versions; its blanks and comment are kept."""
    (offset, word), (last, ending) = tokens[0], tokens[-1]
    end = offset + len(word)
    blanks = line[end : tokens[1][0]] if len(tokens) > 1 else " "
    return line[:offset] + name + blanks + written + line[last + len(ending) :]


def _append(text: str, line: str) -> str:
    """Return the text with one more line, with the line ending of most lines."""
    crlf = text.count("\r\n")
    newline = "\r\n" if crlf > text.count("\n") - crlf else "\n"
    gap = newline if text and not text.endswith("\n") else ""
    return f"{text}{gap}{line}{newline}"


def _tokens(line: str) -> list[tuple[int, str]]:
    """Return the words before the first `#`, each with its offset."""
    tokens = []
    offset = 0
    for word in line.partition("#")[0].replace("\t", " ").split(" "):
        if word:
            tokens.append((offset, word))
        offset += len(word) + 1
    return tokens


def _request(
    tokens: list[tuple[int, str]], line: WordPosition, spell: Spell
) -> Request:
    try:
        return _parse_line(tokens, line, spell)
    except UsageError as wrong:
        # Only a misspelled line needs it.
        from toolpin.project.suggestions import fix_command

        hint = fix_command([word for _, word in tokens], line.origin.place)
        raise UsageError(wrong.what, wrong.facts, hint) from None


def _parse_line(
    tokens: list[tuple[int, str]], line: WordPosition, spell: Spell
) -> Request:
    (offset, name), *rest = tokens
    spot = line.moved(offset + 1)
    check(name, NAME, spot)
    if not rest:
        raise error(f"{name} has no version", spot)
    wanted = tuple(
        [_wanted(spell(name, word), line, offset + 1) for offset, word in rest]
    )
    return Request(name, wanted, spot.origin)


def _name(tokens: list[tuple[int, str]]) -> str:
    """Return the tool of a line, however it is written."""
    if fits(tokens[0][1], NAME):
        return tokens[0][1]
    from toolpin.project.suggestions import respelled

    words = [word for _, word in tokens]
    return (respelled(words) or words)[0]


def _wanted(word: str, line: WordPosition, moved: int = 0) -> Wanted:
    """Parse a word; an error points `moved` characters after the start of `line`."""
    if word in ("system", "latest"):
        return Wanted("system" if word == "system" else "latest", "")
    if fits(word, VERSION):
        return Wanted("version", word)
    kind, colon, value = word.partition(":")
    spot = line.moved(moved)
    after = spot.moved(len(kind) + 1)
    match kind + colon:
        case "latest:":
            check(value, VERSION, after)
            return Wanted("latest", value)
        case "ref:":
            check_ref(value, after)
            return Wanted("ref", value)
        case "path:":
            check_directory(value, after)
            return Wanted("path", value)
    raise invalid_word(
        word, VERSION._replace(expected=_FORMS) if colon else VERSION, spot
    )


def _check_characters(line: str, origin: Origin) -> None:
    """Raise UsageError for characters that hide or move text: controls, bidi."""
    if line.isprintable():
        return
    for column, char in enumerate(line, 1):
        if _is_refused(ord(char)):
            raise error(
                f"{origin.place} holds {named(char)}, which is not allowed there",
                WordPosition(origin._replace(column=column), line),
            )


def _is_refused(code: int) -> bool:
    return (
        (code < 0x20 and code != 0x09)
        or 0x7F <= code <= 0x9F
        or 0x2028 <= code <= 0x202E  # line ends and bidirectional embeddings
        or 0x2066 <= code <= 0x2069  # bidirectional isolates
        or 0xD800 <= code <= 0xDFFF  # undecodable bytes of an environment variable
    )
