"""`quartermaster`: the command table. Bodies live in `api.cli.commands` and are imported when a command runs, so that
`--help` needs only typer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.groups.approvals import approvals
from api.cli.groups.autonomy import autonomy
from api.cli.groups.database import database
from api.cli.groups.delegations import delegations
from api.cli.groups.keys import keys
from api.cli.groups.knowledge import knowledge
from api.cli.groups.ledger import ledger
from api.cli.groups.overrides import overrides
from api.cli.groups.people import people
from api.cli.groups.policy import policy
from api.cli.shared import As, Out, dispatch

app = typer.Typer(
    name="quartermaster",
    help="The allocation copilot: who gets what when supply runs short, decided by policy, carried out, proven.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(approvals, name="approvals")
app.add_typer(delegations, name="delegations")
app.add_typer(policy, name="policy")
app.add_typer(overrides, name="overrides")
app.add_typer(autonomy, name="autonomy")
app.add_typer(ledger, name="ledger")
app.add_typer(keys, name="keys")
app.add_typer(database, name="database")
app.add_typer(knowledge, name="knowledge")
app.add_typer(people, name="people")


@app.callback()
def _options(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option(help="Data folder (else QUARTERMASTER_HOME).")] = None,
    now: Annotated[str | None, typer.Option(help="Fix the clock: 2026-03-02 or 2026-03-02T08:00Z.")] = None,
    as_user: As = None,
    output: Out = None,
    entity: Annotated[
        str | None, typer.Option(metavar="ENTITY", help="At this legal entity (else QUARTERMASTER_ENTITY).")
    ] = None,
) -> None:
    context.obj = {"home": home, "now": now, "as_user": as_user, "output": output, "entity": entity}


@app.command()
def demo(
    context: typer.Context,
    seed: Annotated[int | None, typer.Option(help="Vary the built-in world by this seed.")] = None,
    world: Annotated[Path | None, typer.Option(help="Another world: a JSON file with facts and events.")] = None,
    output: Out = None,
) -> None:
    """The whole story on the built-in distributor, in a data folder made anew."""
    dispatch(context, "demo.demo", output, None, seed=seed, world=world)


@app.command()
def event(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="A JSON file with one event or a list of them; - for standard input.")],
    fail_on: Annotated[str | None, typer.Option(help="'approval': exit 3 when something awaits approval.")] = None,
    as_user: As = None,
    output: Out = None,
) -> None:
    """Take in an event: open or join a case, plan, judge, do what policy allows, queue the rest."""
    dispatch(context, "runs.event", output, as_user, file=file, fail_on=fail_on)


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
) -> None:
    """Open the web door (panel, JSON API, event streams) with the worker inside, until stopped."""
    dispatch(context, "serving.serve", None, None, host=host, port=port)


@app.command()
def triage(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="One pass, then stop; for cron.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Again and again, until stopped; as a service.")] = False,
    every: Annotated[int | None, typer.Option(help="Minutes between two passes of --watch (15).")] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write the report here too: Markdown, or JSON for *.json.")
    ] = None,
    fail_on: Annotated[str | None, typer.Option(help="'approval': exit 3 when something awaits approval.")] = None,
    as_user: As = None,
    output: Out = None,
) -> None:
    """Find exceptions, merge and group them, plan, do what policy allows, queue the rest, close what has healed."""
    given = {"once": once, "watch": watch, "every": every, "report": report, "fail_on": fail_on}
    dispatch(context, "triage.triage", output, as_user, **given)


@app.command()
def worker(
    context: typer.Context,
    every: Annotated[
        int | None, typer.Option(help="Minutes between two sweeps for exceptions; 0 is never (15).")
    ] = None,
) -> None:
    """Carry out what can go on, and look for exceptions again and again, until SIGTERM or Ctrl-C."""
    dispatch(context, "triage.worker", None, None, every=every)


@app.command()
def ask(
    context: typer.Context,
    question: Annotated[list[str], typer.Argument(help="Your question, in words.")],
    conversation: Annotated[
        str | None, typer.Option(help="Go on with a conversation such as T-1, or begin it: follow-ups, a yes.")
    ] = None,
    as_user: As = None,
    output: Out = None,
) -> None:
    """Ask about orders, stock and decisions, or for something to be done: that is offered, and done after your yes."""
    dispatch(context, "runs.ask", output, as_user, question=" ".join(question), conversation=conversation)


@app.command()
def runs(
    context: typer.Context,
    run: Annotated[str | None, typer.Argument(help="One run: its plan, moves and report.")] = None,
    events: Annotated[bool, typer.Option("--events", help="The run's events too.")] = False,
    output: Out = None,
) -> None:
    """List runs, or show one."""
    dispatch(context, "runs.runs", output, None, run=run, events=events)


@app.command()
def replay(context: typer.Context, run: str, output: Out = None) -> None:
    """Recompute the plan of a run from what was recorded and compare it byte for byte."""
    dispatch(context, "records.replay", output, None, run=run)


@app.command()
def stop(
    context: typer.Context,
    system: Annotated[str, typer.Argument(help="erp, wms, tms, crm, procurement, finance, or 'all'.")] = "all",
    reason: Annotated[str, typer.Option(help="Why; it goes to the ledger.")] = "",
    code: Annotated[str, typer.Option(help="The reason as a code of the policy.")] = "",
    lift: Annotated[bool, typer.Option("--lift", help="Let writes go on; the same as `lift`.")] = False,
    as_user: As = None,
    output: Out = None,
) -> None:
    """The kill switch: nothing is written to that system until two other people lift it."""
    dispatch(context, "records.stop", output, as_user, system=system, reason=reason, lift=lift, code=code)


@app.command()
def lift(
    context: typer.Context,
    system: Annotated[str, typer.Argument(help="The system that was stopped, or 'all'.")] = "all",
    reason: Annotated[str, typer.Option(help="Why; it goes to the ledger.")] = "",
    as_user: As = None,
    output: Out = None,
) -> None:
    """Let writes go on: the first person asks for it, a second within the hour does it; neither has stopped it."""
    dispatch(context, "records.stop", output, as_user, system=system, reason=reason, lift=True)


@app.command()
def away(
    context: typer.Context,
    until: Annotated[str, typer.Option(help="Until when: 2026-03-09 or 2026-03-09T08:00Z.")],
    since: Annotated[str | None, typer.Option("--from", help="From when on (now).")] = None,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
    as_user: As = None,
    output: Out = None,
) -> None:
    """Be out of office: what is given to you goes to your delegate; where nobody is there, the role above answers."""
    dispatch(context, "delegations.away", output, as_user, until=until, since=since, reason=reason)


@app.command()
def back(context: typer.Context, as_user: As = None, output: Out = None) -> None:
    """Be back from out of office."""
    dispatch(context, "delegations.back", output, as_user)


@app.command()
def undo(
    context: typer.Context,
    move: Annotated[str, typer.Argument(help="An executed move, such as C-1/r1/m2.")],
    reason_code: Annotated[str, typer.Option(help="One of the policy's reason codes for an undo.")],
    reason: Annotated[str, typer.Option(help="More about why; it is kept.")] = "",
    as_user: As = None,
    output: Out = None,
) -> None:
    """Take an executed move back: a new move from today's facts, judged, approved and carried out like any other."""
    dispatch(context, "overriding.undo", output, as_user, move=move, reason_code=reason_code, reason=reason)


@app.command()
def metrics(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="From this day or time on (UTC when absent).")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="Up to this day or time, which is left out.")
    ] = None,
    output: Out = None,
) -> None:
    """What the ledger tells of a period: cycle times, approvals, overrides, fill rates, value, where cases stall."""
    dispatch(context, "measures.metrics", output, None, since=since, until=until)


@app.command()
def claims(
    context: typer.Context,
    sku: Annotated[str | None, typer.Option(help="Only of this SKU.")] = None,
    site: Annotated[str | None, typer.Option(help="Only at this site.")] = None,
    output: Out = None,
) -> None:
    """Who holds my stock: claims of waiting plans and reservations of the ERP, line by line."""
    dispatch(context, "autonomy.claims", output, None, sku=sku, site=site)


@app.command()
def config(context: typer.Context, output: Out = None) -> None:
    """The settings in force and where each comes from; secrets are masked."""
    dispatch(context, "records.config", output, None)


@app.command("import")
def import_(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="The folder with the CSV files.")],
    mapping: Annotated[Path, typer.Option(help="The mapping (YAML).")],
    preview: Annotated[bool, typer.Option("--preview", help="Only say what would be imported.")] = False,
    output: Out = None,
) -> None:
    """Bring your own data: read CSV files through a mapping into the embedded distributor."""
    dispatch(context, "importing.import_", output, None, folder=folder, mapping=mapping, preview=preview)


@app.command()
def evals(
    context: typer.Context,
    scenarios: Annotated[
        list[str] | None, typer.Argument(help="Only scenarios whose names begin like this; all when absent.")
    ] = None,
    planner: Annotated[str, typer.Option(help="rules, llm (as configured), do-nothing or fcfs.")] = "rules",
    trials: Annotated[int, typer.Option(help="How often each scenario is told.")] = 1,
    output: Out = None,
) -> None:
    """Judge a planner on the scenarios: end state against gold, facts said, numbers found, who was asked."""
    dispatch(context, "judging.evals", output, None, scenarios=scenarios or [], planner=planner, trials=trials)


def main() -> None:
    """Entry point of the console script."""
    app()
