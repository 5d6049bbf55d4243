"""Validates the words of project files: tool names, versions, Git refs, directories.

A version in another notation is converted: `v22.15.0` to 22.15.0, `22.x` to 22,
`lts/jod` to jod. Allow-lists keep a word from leaving its directory or reaching a
shell; an error shows where the word is. It does not check that tools or versions exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from toolpin.errors import UsageError, printable
from toolpin.model import Origin

_LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"
_ALNUM = _LOWER + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SHOWN = 100
# In one file: each is looked up at every `cd` of an activated shell.
MOST_VERSIONS = 1000

# Returns the canonical form of a word for the tool of that name.
Spell = Callable[[str, str], str]

_ANY = (".x", ".X", ".*")
_KINDS = ("system", "latest")


class Rule(NamedTuple):
    """Which words are valid: the first character, all characters, the length."""

    noun: str
    first: frozenset[str]
    every: frozenset[str]
    limit: int
    expected: str


# Names that get no shim: shells, programs that scripts rely on,
# programs that raise privileges, and toolpin's own.
RESERVED_COMMANDS = frozenset(
    "toolpin asdf sh bash dash zsh ksh fish env sudo su doas [ test true false echo "
    "printf kill ls cat cp mv rm mkdir chmod sed awk grep tr cut head tail sort uniq "
    "find xargs which git ssh curl wget tar gzip".split()
)

NAME = Rule(
    "tool name",
    frozenset(_LOWER),
    frozenset(_LOWER + "_.-"),
    64,
    "1 to 64 of a-z 0-9 _ . -, the first a letter or a digit",
)
VERSION = Rule(
    "version",
    frozenset(_ALNUM),
    frozenset(_ALNUM + "._+~-"),
    128,
    "1 to 128 of A-Z a-z 0-9 . _ + ~ -, the first a letter or a digit",
)
# A command name that may be offered to a shell, which cannot read it differently.
COMMAND = Rule(
    "command",
    frozenset(_ALNUM + "_"),
    frozenset(_ALNUM + "._+@-"),
    128,
    "1 to 128 of A-Z a-z 0-9 . _ + @ -, the first a letter, a digit or _",
)
_REF = Rule(
    "Git ref",
    frozenset(_ALNUM + "_"),
    frozenset(_ALNUM + "._+-/@"),
    200,
    "1 to 200 of A-Z a-z 0-9 . _ + - / @, the first a letter, a digit or _",
)
# What `git check-ref-format` refuses among the characters that the rule allows.
_NOT_IN_REFS = ("..", "//", "/.", "./", ".lock/")


class WordPosition(NamedTuple):
    """The position of a word, the text around it, and a hint if the word is wrong."""

    origin: Origin
    text: str
    hint: str | None = None

    def moved(self, characters: int) -> WordPosition:
        """Return the position that is further right."""
        column = self.origin.column + characters
        return self._replace(origin=self.origin._replace(column=column))


def error(what: str, spot: WordPosition, *facts: tuple[str, str]) -> UsageError:
    """Return the error that shows the position as `place:line:column`, and its text."""
    place, line, column = spot.origin
    text = spot.text.removesuffix("\r")
    shown = text[:_SHOWN] + "..." * (len(text) > _SHOWN)
    at = f"{place}:{line}:{column}" if line else place
    label = "line" if line else "value"
    located = [("at", printable(at)), (label, printable(shown))]
    return UsageError(printable(what), [*located, *facts], spot.hint)


def check_count(count: int, spot: WordPosition) -> None:
    """Raise UsageError for a file with too many versions; `spot` is the last one's."""
    if count > MOST_VERSIONS:
        place = spot.origin.place
        raise error(f"{place} names more than {MOST_VERSIONS} versions", spot)


def fits(word: str, rule: Rule) -> bool:
    """Return whether a word follows a rule."""
    return (
        0 < len(word) <= rule.limit
        and word[0] in rule.first
        and rule.every.issuperset(word)
    )


def check(word: str, rule: Rule, spot: WordPosition) -> None:
    """Raise UsageError at the first wrong character of an invalid word."""
    if not fits(word, rule):
        raise invalid_word(word, rule, spot)


def invalid_word(word: str, rule: Rule, spot: WordPosition) -> UsageError:
    """Return the error for an invalid word, at its first wrong character."""
    index = next((i for i, char in enumerate(word) if char not in rule.every), 0)
    if not word:
        received = "nothing"
    elif word[index] not in rule.every:
        received = named(word[index])
    elif word[0] not in rule.first:
        received = f"{word[0]} at the start"
    else:
        received = f"{len(word)} characters"
    return error(
        f"{quoted(word)} is not a {rule.noun}",
        spot.moved(index),
        ("received", received),
        ("expected", rule.expected),
    )


def check_ref(name: str, spot: WordPosition) -> None:
    """Raise UsageError for an invalid branch or tag name."""
    check(name, _REF, spot)
    if any(part in f"{name}/" for part in _NOT_IN_REFS):
        raise error(
            f"{quoted(name)} is not a Git ref",
            spot,
            ("expected", "no .. or //, no part that begins or ends with . or .lock"),
        )


def check_directory(path: str, spot: WordPosition) -> None:
    """Raise UsageError for a directory that is relative, or that PATH could not hold.

    `named_directories` checks where it leads, which depends on links.
    """
    if not path.startswith(("/", "~/")):
        raise error(
            f"{quoted(path)} is not an absolute directory",
            spot,
            ("expected", "path:/DIRECTORY or path:~/DIRECTORY"),
        )
    if ".." in path.split("/"):
        raise error(
            f"{quoted(path)} has a .. in it, which may leave that directory",
            spot,
            ("expected", "path:/DIRECTORY or path:~/DIRECTORY, without .."),
        )
    for index, char in enumerate(path):
        # A blank or # would end the word in the file, a colon the entry in PATH.
        if char in " #:" or not char.isprintable():
            raise error(
                f"{quoted(path)} is a directory that path: cannot name",
                spot.moved(index),
                ("received", named(char)),
            )


def quoted(word: str) -> str:
    """Return a word in quotes, its end cut off when it is long."""
    return repr(word if len(word) <= _SHOWN else word[:_SHOWN] + "...")


def named(char: str) -> str:
    """Return a character so that look-alikes differ: `'@'`, `U+043E`."""
    return repr(char) if " " < char <= "~" else f"U+{ord(char):04X}"


def as_written(_tool: str, word: str) -> str:
    """Return the word unchanged: for tools without spellings."""
    return word


def without_v(version: str) -> str:
    """Return a version without the v that tags have: `v24.1.0` is 24.1.0."""
    return version[1:] if version[:1] == "v" and version[1:2].isdigit() else version


def is_plain(word: str) -> bool:
    """Return whether a word has only one spelling, so that no plugin need be read."""
    if word[0].isdigit():
        return not word.endswith(_ANY)
    return word in _KINDS or ":" in word


def respell(word: str, spellings: Mapping[str, str]) -> str:
    """Return the canonical form of a word: no `v` before a digit, no final `.x`.

    A spelling without a meaning is a prefix that is left out, `*-tem` an ending after a
    number, and the meaning of "" what precedes a number.
    """
    if spellings.get(word):
        return spellings[word]
    for ending, meaning in spellings.items():
        if ending[:1] == "*" and word[0].isdigit() and word.endswith(ending[1:]):
            return meaning.replace("*", word.removesuffix(ending[1:]))
    kind, colon, value = word.partition(":")
    if colon:
        numbered = kind == "latest" and value[:1].isdigit()
        return f"latest:{spellings.get('', '')}{value}" if numbered else word
    beginnings = (start for start, meaning in spellings.items() if not meaning)
    for start in beginnings:
        if word.startswith(start):
            word = word.removeprefix(start) or word
            break
    word = without_v(word)
    while word[0].isdigit() and word.endswith(_ANY):
        word = word[:-2]
    return f"{spellings.get('', '')}{word}" if _is_number(word) else word


def _is_number(word: str) -> bool:
    return word[0].isdigit() and not word.strip("0123456789.+")
