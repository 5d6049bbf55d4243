"""The words that no text for users has: plain American English, no personification.

To hold another kind of text add a function to TEXTS.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeGuard

import pytest

from tests.support.reference import render
from tests.support.run import REPOSITORY
from toolpin.cli import VERBS, parser_of
from toolpin.help import command_help, exec_help, options_help, overview

# A regular expression, and what to write instead. Code in backticks is not searched.
WORDS = {
    r"folders?": "directory",
    r"mend(s|ed|ing)?": "fix, repair",
    r"anew": "again",
    r"set-up": "setup, installation",
    r"whom|whose place": "user, process, publisher",
    r"(no|some|any|every)body('s)?": "no user, a process, everyone, no network",
    r"told|tells?": "reported, states",
    r"asks? (for|the|a)|asked|ask": "query, request, require",
    r"roads?": "route, connection",
    r"catalogues?": "catalog",
    r"takes? over|taken over": "import",
    r"may be given again": "repeatable",
    r"stands? (in|for|on|before|behind|at)|lies (in|at)": "is in",
    r"(?<!there )is no (?!longer|more)": "is not a",
    r"nor an?|save that|for want of": "plain words",
    r"at hand|left alone|of yours|throw it away": "available, unchanged, your own",
    r"counts": "is used, applies",
    r"wants (a|an|one)": "requires",
    r"knows (a|an|no|one)": "supports",
    r"speaks?|spoken": "states",
    r"spelt|licence|colours?|favours?|behaviour|honours?|cancelled": "American",
    r"judged|judging|swept|sweeping": "checked, cleaned",
}
# In docstrings and comments, beside WORDS.
CODE_WORDS = {
    r"say whether|tell whether|whoever|somewhere else": "return whether, the user",
    r"judges?|heeds?|hears? of|asks|lets? it": "check, read, is called with, queries",
    r"ours|theirs": "toolpin's, the other manager's",
    r"what (is|was) (there|asked|told|meant|not there)": "what exists, is requested",
    r"wish(es)?|mutex(es)?|stead": "request, file lock, instead",
    r"goes its way|of one's own|by itself, and": "continues",
}
# Parts of identifiers, between underscores or capitals.
NAME_PARTS = frozenset(
    "ask asked asking asks found folder judge judged judging lacking meant mend mutex "
    "nobody nobodys ours road roads said somebody spelt tell telling tells theirs told "
    "unsaid untold wish wishes anew sweep swept item".split()
)
# Names of asdf's, of the standard library and of other protocols.
_GIVEN_NAMES = frozenset({"tell"})
_WORDS = {re.compile(rf"\b(?:{word})\b", re.IGNORECASE): word for word in WORDS}
# Text that is not toolpin's own: regular expressions, other programs, asdf's wording.
_FOREIGN = re.compile(r"^(asdf_cli/|plugins/asdf/|sources/script)")

# Pages that quote old messages, or that record what was found at the time.
_RECORDS = {
    "docs/background/messages.md",
    "docs/background/readings.md",
    "docs/background/readings-of-the-docs.md",
}

_CODE = re.compile(r"`[^`]*`")
_BLOCK = re.compile(r"^```.*?^```\n", re.DOTALL | re.MULTILINE)


class Text(NamedTuple):
    """A text that users read, and where it is."""

    place: str
    text: str


def help_texts() -> Iterator[Text]:
    """Yield the help of every command, and the screens around it."""
    yield Text("toolpin help", overview())
    yield Text("toolpin help options", options_help())
    yield Text("toolpin help exec", exec_help())
    for name, verb in VERBS.items():
        if verb.module:
            yield Text(f"toolpin help {name}", command_help(parser_of(name)))


def messages() -> Iterator[Text]:
    """Yield every string in the code that has several words, docstrings apart."""
    package = REPOSITORY / "toolpin"
    for path in sorted(package.rglob("*.py")):
        place = str(path.relative_to(package))
        if _FOREIGN.match(place):
            continue
        tree = ast.parse(path.read_text())
        docstrings = {id(node.value) for node in ast.walk(tree) if _is_bare(node)}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or id(node) in docstrings:
                continue
            if isinstance(node.value, str) and " " in node.value.strip():
                yield Text(f"{place}:{node.lineno}", node.value)


def docstrings_and_comments() -> Iterator[Text]:
    """Yield the docstrings and comments of the code, and of the shims."""
    package = REPOSITORY / "toolpin"
    for path in sorted(package.rglob("*.py")):
        place = str(path.relative_to(package))
        text = path.read_text()
        for node in ast.walk(ast.parse(text)):
            if _is_bare(node) and isinstance(node.value, ast.Constant):
                yield Text(f"{place}:{node.lineno}", str(node.value.value))
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield Text(f"{place}:{token.start[0]}", token.string)
    for path in sorted((REPOSITORY / "shims").rglob("*.sh")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.lstrip().startswith("#"):
                yield Text(f"shims/{path.name}:{number}", line)


def reference() -> Iterator[Text]:
    """Yield the generated reference."""
    yield Text("docs/reference/commands.md", render())


def documentation() -> Iterator[Text]:
    """Yield every paragraph of README and docs/, without blocks of code."""
    pages = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
    for page in pages:
        place = str(page.relative_to(REPOSITORY))
        if place in _RECORDS:
            continue
        text = _BLOCK.sub("", page.read_text())
        for paragraph in text.split("\n\n"):
            yield Text(place, paragraph)


TEXTS: list[Callable[[], Iterator[Text]]] = [
    help_texts,
    messages,
    reference,
    documentation,
]


@pytest.mark.parametrize("texts", TEXTS)
def test_plain_words_are_used(texts: Callable[[], Iterator[Text]]) -> None:
    results = [
        f"{text.place}: {match.group()!r} in {text.text[:80]!r}: {WORDS[word]}"
        for text in texts()
        for pattern, word in _WORDS.items()
        if (match := pattern.search(_CODE.sub("", text.text)))
    ]
    assert results == []


def test_docstrings_and_comments_use_plain_words() -> None:
    words = (WORDS.keys() - {"counts"}) | CODE_WORDS.keys()
    patterns = [re.compile(rf"\b(?:{word})\b", re.I) for word in sorted(words)]
    results = [
        f"{text.place}: {match.group()!r} in {text.text[:90]!r}"
        for text in docstrings_and_comments()
        for pattern in patterns
        if (match := pattern.search(_CODE.sub("", text.text)))
    ]
    assert results == []


def test_identifiers_use_the_terms_of_the_field() -> None:
    results = [
        f"{path.relative_to(REPOSITORY)}:{getattr(node, 'lineno', 0)}: {name}"
        for path in sorted((REPOSITORY / "toolpin").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        for name in _bound_names(node)
        if name not in _GIVEN_NAMES and not NAME_PARTS.isdisjoint(_parts(name))
    ]
    assert results == []


def test_a_part_of_a_name_is_found() -> None:
    assert _parts("_tell_of_others") == ["tell", "of", "others"]
    assert _parts("LockfileRequest") == ["lockfile", "request"]


def test_the_word_list_finds_a_word() -> None:
    text = "toolpin: the folder is no repository, and nobody tells why"
    words = {word for pattern, word in _WORDS.items() if pattern.search(text)}
    assert len(words) == 4


def _is_bare(node: ast.AST) -> TypeGuard[ast.Expr]:
    """Say whether a node is an expression alone in its line, such as a docstring."""
    return isinstance(node, ast.Expr)


def _bound_names(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node of the syntax tree defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
        yield node.id if isinstance(node, ast.Name) else node.attr


def _parts(name: str) -> list[str]:
    """Return the words of an identifier, in lower case."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
