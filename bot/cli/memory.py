"""`touchbase memory`: finding things in the notes from the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.output import Home, Json, fail, print_json, settings_for

if TYPE_CHECKING:
    from memory.recall import Recall
    from memory.search import Hit

app = typer.Typer(no_args_is_help=True)

Root = Annotated[
    Path | None,
    typer.Option("--root", help="Folder of notes; the one of the settings when not named."),
]


# Without this, `-word` would be taken for an option.
@app.command(context_settings={"ignore_unknown_options": True})
def search(
    context: typer.Context,
    query: Annotated[
        list[str] | None,
        typer.Argument(
            help="Words, and filters: dt>=2026-01-31 file:boat tag:home +must -not. "
            "Without a query, one a line is read from standard input."
        ),
    ] = None,
    home: Home = None,
    root: Root = None,
    top: Annotated[int, typer.Option("--top", min=1, help="How many passages.")] = 10,
    as_json: Json = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what each score is made of.")
    ] = False,
) -> None:
    """Find passages, best first."""
    with opened(context, home, root) as recall:
        for words in [" ".join(query)] if query else asked_on_standard_input():
            hits = recall.search(words, top, refresh=False) if words.strip() else ()
            if as_json:
                typer.echo(
                    json.dumps([as_object(hit, explain) for hit in hits], ensure_ascii=False)
                )
            else:
                show(words, hits, explain)


@app.command()
def index(
    context: typer.Context, home: Home = None, root: Root = None, as_json: Json = False
) -> None:
    """Build the search index anew; it can be thrown away at any time."""
    with opened(context, home, root, refresh=False) as recall:
        refreshed = recall.rebuild()
        recall.complete_meaning()
        health = recall.health()
    if as_json:
        print_json({"pages": health.page_count, "passages": health.unit_count})
        return
    typer.echo(f"{health.unit_count:,} passages of {health.page_count:,} pages are indexed.")
    for path in refreshed.unreadable:
        typer.echo(f"{path}: cannot be read, passed over", err=True)


@app.command()
def health(
    context: typer.Context, home: Home = None, root: Root = None, as_json: Json = False
) -> None:
    """Say how the notes and the search are doing: what is live, what is broken."""
    from memory.health import worded

    with opened(context, home, root) as recall:
        found = recall.health()
    if as_json:
        print_json(asdict(found))
        return
    for line in worded(found):
        typer.echo(line)


@app.command()
def links(
    context: typer.Context,
    page: Annotated[
        str | None, typer.Argument(help="Path or end of it; all pages without.")
    ] = None,
    home: Home = None,
    root: Root = None,
    as_json: Json = False,
) -> None:
    """Show what links where: out of a page, into it, and links that lead nowhere."""
    with opened(context, home, root) as recall:
        found = recall.links()
    wanted = (page or "").lower()
    going = [each for each in found.resolved if wanted in each.path.lower()]
    coming = [each for each in found.resolved if wanted and wanted in each.to.lower()]
    broken = [each for each in found.broken if wanted in each.path.lower()]
    if as_json:
        print_json(
            {
                "out": list(map(asdict, going)),
                "in": list(map(asdict, coming)),
                "broken": list(map(asdict, broken)),
            }
        )
        return
    for each in going:
        typer.echo(f"{each.path}#L{each.link.line} -> {each.to}{anchor(each.link.anchor)}")
    for each in coming:
        typer.echo(f"{each.to} <- {each.path}#L{each.link.line}")
    for lost in broken:
        target = f"[[{lost.link.target}{anchor(lost.link.anchor)}]]"
        typer.echo(f"{lost.path}#L{lost.link.line} -> {target}: {lost.why}")
    if not (going or coming or broken):
        typer.echo(f"No links{f' of a page named {page}' if page else ''}.")


@app.command()
def get(
    context: typer.Context,
    link: Annotated[str, typer.Argument(help="path#L3-L5, path#Heading or path#^block.")],
    home: Home = None,
    root: Root = None,
    around: Annotated[int, typer.Option("--around", min=0, help="Lines more on both sides.")] = 2,
    as_json: Json = False,
) -> None:
    """Print the lines that a link names, and those around them."""
    with opened(context, home, root, refresh=False) as recall:
        passage = recall.get(link, around=around)
    if as_json:
        print_json(asdict(passage))
        return
    if not passage.line0:
        fail(f"{passage.path} does not exist: `touchbase memory search` gives links that do")
    for number, line in enumerate(passage.text.split("\n"), start=passage.line0):
        typer.echo(f"{number:>5}  {line}")


@contextmanager
def opened(
    context: typer.Context, home: Path | None, root: Path | None, *, refresh: bool = True
) -> Iterator[Recall]:
    """Open the notes for one verb, read again where they changed."""
    from memory import Vault
    from memory.meaning import open_meaning
    from memory.recall import Recall

    folder = (root or settings_for(context, home).vault).expanduser().absolute()
    if not folder.is_dir():
        fail(f"there is no folder {folder}: name the notes with --root")
    recall = Recall(Vault(folder), today=lambda: today(context, home), meaning=open_meaning)
    try:
        if refresh:
            recall.refresh()
        yield recall
    finally:
        recall.close()


def today(context: typer.Context, home: Path | None) -> date:
    """Read the person's local date."""
    from bot.app import utc_now

    return utc_now().astimezone(settings_for(context, home).zone).date()


def asked_on_standard_input() -> Iterator[str]:
    """Read one question a line; an empty line has an empty answer."""
    if sys.stdin.isatty():
        fail('nothing to look for: touchbase memory search "boat budget"')
    for line in sys.stdin:
        yield line.rstrip("\r\n")


def as_object(hit: Hit, explain: bool) -> dict[str, Any]:
    """Give a hit as other programs read it."""
    found: dict[str, Any] = {
        "path": hit.path,
        "line0": hit.line0,
        "line1": hit.line1,
        "text": hit.text,
        "score": round(hit.score, 6),
    }
    return found | ({"features": asdict(hit.features)} if explain else {})


def show(words: str, hits: tuple[Hit, ...], explain: bool) -> None:
    """Print hits for a person."""
    if not hits:
        typer.echo(f"Nothing in the notes about {words!r}.")
    for hit in hits:
        said = ", ".join(filter(None, [hit.author, hit.at, hit.heading]))
        typer.echo(f"{hit.link}  {f'({said})' if said else ''}".rstrip())
        typer.echo("    " + "\n    ".join(hit.text.split("\n")))
        if explain:
            parts = [f"{name} {value:.2f}" for name, value in asdict(hit.features).items()]
            typer.echo(f"    = {hit.score:.2f}: {' + '.join(parts)}")


def anchor(said: str) -> str:
    """Word the place behind a page's name."""
    return f"#{said}" if said else ""
