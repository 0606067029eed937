"""What an operator does at the command line: `flask --app app COMMAND`.

Exit codes: 0 done, 1 failed, 2 wrong use. What a command was asked for goes to standard
output, everything else to standard error.
"""

import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import click
from flask import Blueprint
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError, ProgrammingError

import simulator as simulators
from bot import schema
from bot.errors import BotError, InvalidInputError
from bot.runtime import Runtime
from bot.scrubbing import scrub
from bot.services import api_tokens, backups, checkups, demo, demo_friends, rosters, vital_signs
from bot.services import staff as staff_accounts
from bot.services.audit import OPERATOR
from bot.services.checkups import Finding, Verdict
from bot.services.vital_signs import VitalSigns
from handlers import jobs as timetable
from handlers.jobs import NAMED_JOBS
from handlers.processes import current_process, current_runtime
from models import Role, RosterSync, SyncState

blueprint = Blueprint("commands", __name__, cli_group=None)
SHORT_PAUSE = 2.0  # seconds
LONGEST_URL = 500  # LINE's limit for a webhook address

ROLES = click.Choice([role.value for role in Role])
SIGNS = {Verdict.OK: "✓", Verdict.MEND: "✗", Verdict.NOTE: "·"}


@contextmanager
def told_plainly() -> Iterator[None]:
    """An expected failure is one sentence and exit code 1."""
    try:
        yield
    except InvalidInputError as error:
        faults = [f"{fault.field}: {fault.text}" % dict(fault.values) for fault in error.faults]
        raise click.ClickException("; ".join(faults)) from error
    except BotError as error:
        raise click.ClickException(str(error)) from error


def in_one_line(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command say in one line that the database is away or has another schema."""

    @wraps(command)
    def run(*arguments: object, **options: object) -> None:
        try:
            command(*arguments, **options)
        except (ProgrammingError, OperationalError, DatabaseError, InterfaceError) as error:
            reason = str(error.orig).strip().splitlines()[0] if error.orig else type(error).__name__
            hint = "is it there, and migrated (`flask --app app migrate`)?"
            raise click.ClickException(f"the database refused: {scrub(reason)}; {hint}") from error

    return run


@blueprint.cli.command()
def migrate() -> None:
    """Bring the database to the newest schema; safe to repeat."""
    schema.migrate(current_runtime().db.engine)
    click.echo(f"schema: {schema.newest_revision()}")


@blueprint.cli.command()
def jobs() -> None:
    """Run the timetable and the workers until SIGTERM or Ctrl-C; what is under way finishes."""
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    runtime = current_runtime()
    while not stop.is_set():
        try:
            is_current = schema.is_current(runtime.db.engine)
            break
        except OperationalError:
            click.echo("the database does not answer; waiting for it", err=True)
            stop.wait(SHORT_PAUSE)
    else:
        return
    if not is_current:
        raise click.ClickException("the database has another schema; run `flask --app app migrate` first")
    timetable.run_forever(runtime, stop)
    current_process().close()


@blueprint.cli.command("run-job")
@click.argument("name", type=click.Choice(sorted(NAMED_JOBS)))
@click.option("--dry-run", is_flag=True, help="Only say what is due.")
def run_job(name: str, *, dry_run: bool) -> None:
    """Run one job of the timetable now and exit."""
    runtime = current_runtime()
    signs = _signs(runtime)
    if dry_run:
        return _echo_due(signs)
    if signs.held_at is not None and name in timetable.LEAVES_THE_HOUSE:
        raise click.ClickException("held since a restore; `flask --app app release-hold` ends that")
    with told_plainly():
        NAMED_JOBS[name](runtime)
    return click.echo(f"{name}: done")


@blueprint.cli.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of lines.")
def doctor(*, as_json: bool) -> None:
    """Say what is missing or wrong, and what to do; exit code 1 if anything must be mended."""
    runtime = current_runtime()
    findings = checkups.run(runtime.settings, runtime.db, runtime.line, now=runtime.now)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            _echo_finding(finding)
    if any(finding.verdict is Verdict.MEND for finding in findings):
        sys.exit(1)


@blueprint.cli.command("sync-friends")
def sync_friends() -> None:
    """Merge LINE's list of followers into the roster; goes on where an earlier run ended."""
    runtime = current_runtime()
    with told_plainly():
        with runtime.db.begin() as session:
            rosters.start(session, now=runtime.now())
        sync = _walk(runtime)
    if sync is None:
        raise click.ClickException("another process is walking through the list right now")
    click.echo(f"{sync.state.value}: listed {sync.listed}, found {sync.found}, missing {sync.missing}")
    if sync.state in rosters.UNDER_WAY:
        reason = sync.error or "somebody else goes on with it"
        raise click.ClickException(f"the list was not read to its end ({reason}); run this again to go on")
    if sync.state is not SyncState.DONE:
        raise click.ClickException(sync.error or sync.state.value)


@blueprint.cli.command("set-webhook")
@click.argument("url")
@click.option("--dry-run", is_flag=True, help="Only say what is registered now.")
def set_webhook(url: str, *, dry_run: bool) -> None:
    """Register the webhook address at LINE and let LINE test it."""
    line = current_runtime().line
    parts = urlsplit(url)
    is_local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not parts.hostname or parts.scheme not in (("https", "http") if is_local else ("https",)):
        raise click.UsageError("a webhook address begins with https://")
    if len(url) > LONGEST_URL or not parts.path.endswith(("/callback", "/webhook")):
        raise click.UsageError("this server listens at https://YOUR-HOST/callback")
    with told_plainly():
        if dry_run:
            registered, active = line.get_webhook_endpoint()
            return click.echo(
                f"registered: {registered or '-'}, use webhook: {'on' if active else 'off'}, wanted: {url}"
            )
        line.set_webhook_endpoint(url)
        finding = line.test_webhook_endpoint(url)
    click.echo(json.dumps(finding, ensure_ascii=False))
    if not finding.get("success"):
        raise click.ClickException(
            f"LINE reached {url} without success: {finding.get('reason')} {finding.get('detail')}"
        )
    return click.echo(f"webhook: {url}")


@blueprint.cli.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write the whole database, as of one moment, to FILE."""
    runtime = current_runtime()
    with told_plainly():
        counts = backups.backup(runtime.db, file, now=runtime.now())
    click.echo(f"{file}: {sum(counts.values())} rows in {len(counts)} tables")


@blueprint.cli.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Give up whatever is in the database now.")
@click.option("--force", is_flag=True, help="Replace it even while something seems to be running on it.")
def restore(file: Path, *, replace: bool, force: bool) -> None:
    """Fill an empty database from FILE; nothing that was due leaves before `release-hold`."""
    runtime = current_runtime()
    with told_plainly():
        counts = backups.restore(runtime.db, file, now=runtime.now(), replace=replace, force=force)
    click.echo(f"{sum(counts.values())} rows in {len(counts)} tables")
    _echo_due(_signs(runtime))
    click.echo("held: nothing leaves until `flask --app app release-hold`", err=True)


@blueprint.cli.command("release-hold")
@click.option("--discard", is_flag=True, help="Give up what was due instead of sending it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only say what is due.")
def release_hold(*, discard: bool, yes: bool, dry_run: bool) -> None:
    """After a restore: let go what was due, or give it up."""
    runtime = current_runtime()
    signs = _signs(runtime)
    _echo_due(signs)
    if dry_run:
        return None
    if signs.held_at is None:
        return click.echo("nothing is held")
    question = "Give all of it up?" if discard else "Send what is due?"
    if not yes:
        click.confirm(question, abort=True, err=True)
    backups.release(runtime.db, discard=discard, by=OPERATOR, now=runtime.now())
    return click.echo("released")


@blueprint.cli.command("create-staff")
@click.argument("name")
@click.option("--role", type=ROLES, required=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create_staff(name: str, role: str, *, password_stdin: bool) -> None:
    """Add a login to the admin."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    runtime = current_runtime()
    with told_plainly(), runtime.db.begin() as session:
        staff_accounts.create(session, name=name, password=password, role=Role(role), by=OPERATOR, now=runtime.now())
    click.echo(f"{name}: {role}")


@blueprint.cli.command("create-api-token")
@click.argument("name")
@click.option("--role", type=ROLES, default=Role.MARKETER.value, show_default=True)
def create_api_token(name: str, role: str) -> None:
    """Print a new token for another system, once, alone on standard output."""
    runtime = current_runtime()
    with told_plainly(), runtime.db.begin() as session:
        _, token = api_tokens.create(session, name, Role(role), by=OPERATOR, now=runtime.now())
    click.echo(token)


@blueprint.cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--friends", default=0, show_default=True, help="How many people follow from the start.")
def simulator(host: str, friends: int) -> None:
    """Run LINE's platform in miniature, with its chat page, on SIMULATOR_PORT."""
    settings = current_runtime().settings
    login_secret = settings.line_login_channel_secret
    chosen = simulators.settings_from(
        {},
        host=host,
        port=settings.simulator_port,
        webhook_url=f"http://127.0.0.1:{settings.port}/callback",
        channel_secret=settings.line_channel_secret.get_secret_value(),
        channel_access_token=settings.line_channel_access_token.get_secret_value(),
        login_channel_id=settings.line_login_channel_id,
        login_channel_secret=login_secret.get_secret_value() if login_secret else None,
        liff_id=settings.liff_id,
        liff_endpoint_url=f"{settings.public_url}/liff",
        friends=friends,
    )
    click.echo(f"simulator: http://{host}:{settings.simulator_port}/", err=True)
    simulators.serve(chosen)


@blueprint.cli.command("seed-demo")
@click.option("--friends", type=click.IntRange(0, 20_000_000), default=0, show_default=True, help="Friends for load.")
def seed_demo(friends: int) -> None:
    """Fill in a sample brand; safe to repeat."""
    runtime = current_runtime()
    with told_plainly():
        made = demo.seed_brand(runtime.db, now=runtime.now())
        added = demo_friends.add_friends(runtime.db, friends, now=runtime.now())
    click.echo(f"rules: {made.rules} new, tags: {made.tags} new, friends: {added} new")
    if made.password is not None:
        click.echo(f"staff: {made.staff_name} / {made.password}")


def _signs(runtime: Runtime) -> VitalSigns:
    with runtime.db() as session:
        return vital_signs.read(session, now=runtime.now())


def _echo_due(signs: VitalSigns) -> None:
    click.echo(
        f"due: {signs.events_waiting} events, {signs.answers_due} answers, "
        f"{signs.staff_messages_due} staff messages, {signs.forwards_due} forwards"
    )


def _echo_finding(finding: Finding) -> None:
    click.echo(f"{SIGNS[finding.verdict]} {finding.about}: {finding.text}")


def _walk(runtime: Runtime) -> RosterSync | None:
    """Walk through the follower list; a bar moves only where somebody looks at a terminal."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("…")

        def show(sync: RosterSync) -> None:
            text = f"listed {sync.listed}, found {sync.found}, missing {sync.missing}"
            progress.update(task, description=text)

        return rosters.run(runtime.db, runtime.line, now=runtime.now, progress=show)


for _command in blueprint.cli.commands.values():
    if _command.callback is not None:
        _command.callback = in_one_line(_command.callback)
