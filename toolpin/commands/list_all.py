"""`toolpin list-all TOOL [PREFIX]`: what the sources have for this host."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from concurrent.futures import ThreadPoolExecutor

from toolpin import host
from toolpin.choice import allowed_sources, listed_versions
from toolpin.errors import ToolpinError
from toolpin.model import Host, Origin
from toolpin.plugin.contract import SourceSpec
from toolpin.progress import Board
from toolpin.session import Session
from toolpin.sources.clients import Clients
from toolpin.versions import is_prefix, sort_key
from toolpin.workshop import clients_for, settings_for


def add_arguments(parser: ArgumentParser) -> None:
    """Take a tool, a prefix of versions, and the sources to ask."""
    parser.add_argument("tool")
    parser.add_argument("prefix", nargs="?", default="")
    parser.add_argument(
        "--source", action="append", default=[], help="ask this source only"
    )


def run(args: Namespace, session: Session) -> int:
    """Print one version a line, oldest first; name the sources that did not answer."""
    tool = session.registry.require(args.tool, Origin("the command line"))
    settings = settings_for(session, sources=args.source)
    clients = clients_for(session, settings, Board(session.report))
    here = host.detect()
    specs = [
        spec
        for spec in allowed_sources(tool, here, settings.sources)
        if str(here) in spec.hosts
    ]
    with ThreadPoolExecutor(len(specs) or 1) as pool:
        answers = list(pool.map(lambda spec: _ask(spec, here, clients), specs))
    known: set[str] = set()
    for answer in answers:
        if isinstance(answer, ToolpinError):
            session.report.warn(f"not asked: {answer.what}")
        else:
            known.update(answer)
    matching = [one for one in known if not args.prefix or is_prefix(args.prefix, one)]
    if not matching:
        raise ToolpinError(
            f"no source lists a {tool.name} {args.prefix}".rstrip(),
            [("asked", ", ".join(spec.id for spec in specs) or "none")],
        )
    for version in sorted(matching, key=sort_key):
        session.report.answer(version)
    return 0


def _ask(spec: SourceSpec, here: Host, clients: Clients) -> list[str] | ToolpinError:
    try:
        return listed_versions(spec, here, clients)
    except ToolpinError as error:
        return error
