"""`quartermaster`: the command table. Bodies live in `api.cli.commands` and are imported when a command runs, so that
`--help` needs only typer."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import Format

app = typer.Typer(
    name="quartermaster",
    help="The allocation copilot: who gets what when supply runs short, decided by policy, carried out, proven.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
approvals = typer.Typer(help="What waits for a person.", no_args_is_help=True, rich_markup_mode=None)
overrides = typer.Typer(help="What people did against the plan.", no_args_is_help=True, rich_markup_mode=None)
ledger = typer.Typer(help="The record of every decision and effect.", no_args_is_help=True, rich_markup_mode=None)
database = typer.Typer(
    help="What the owner of the database does: schema, role.", no_args_is_help=True, rich_markup_mode=None
)
keys = typer.Typer(help="The keys that sign the ledger.", no_args_is_help=True, rich_markup_mode=None)
knowledge = typer.Typer(
    help="What is written down: procedures, playbooks, contract, policy.", no_args_is_help=True, rich_markup_mode=None
)
delegations = typer.Typer(help="Roles in other hands for a time.", no_args_is_help=True, rich_markup_mode=None)
people = typer.Typer(help="Who may act here, and who no longer.", no_args_is_help=True, rich_markup_mode=None)
policy = typer.Typer(help="The policy: check it, compare it, change it.", no_args_is_help=True, rich_markup_mode=None)
autonomy = typer.Typer(
    help="How far the copilot goes by itself, and what shows that it may.", no_args_is_help=True, rich_markup_mode=None
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

Out = Annotated[Format | None, typer.Option("--output", "-o", help="table, json or ndjson on stdout.")]
As = Annotated[str | None, typer.Option("--as", metavar="USER", help="Act as this person (demo mode only).")]


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


def _run(context: typer.Context, command: str, output: Format | None, as_user: str | None, **arguments: object) -> None:
    """Import the command's room and run it; errors become one sentence and an exit code, a closed pipe is no error."""
    from api.cli import exits
    from api.cli.session import new_session
    from domain.errors import QuartermasterError

    shared = context.obj
    form = output or shared["output"] or Format.TABLE
    try:
        session = new_session(form, shared["home"], shared["now"], as_user or shared["as_user"], shared["entity"])
        module, _, function = command.rpartition(".")
        code = getattr(import_module(f"api.cli.commands.{module}"), function)(session, **arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        code = exits.closed_pipe()
    except QuartermasterError as error:
        exits.explain(error, form)
        code = exits.code_of(error)
    except KeyboardInterrupt:
        code = exits.INTERRUPTED
    raise typer.Exit(code)


@app.command()
def demo(
    context: typer.Context,
    seed: Annotated[int | None, typer.Option(help="Vary the built-in world by this seed.")] = None,
    world: Annotated[Path | None, typer.Option(help="Another world: a JSON file with facts and events.")] = None,
    output: Out = None,
) -> None:
    """The whole story on the built-in distributor, in a data folder made anew."""
    _run(context, "demo.demo", output, None, seed=seed, world=world)


@app.command()
def event(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="A JSON file with one event or a list of them; - for standard input.")],
    fail_on: Annotated[str | None, typer.Option(help="'approval': exit 3 when something awaits approval.")] = None,
    as_user: As = None,
    output: Out = None,
) -> None:
    """Take in an event: open or join a case, plan, judge, do what policy allows, queue the rest."""
    _run(context, "runs.event", output, as_user, file=file, fail_on=fail_on)


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
) -> None:
    """Open the web door (panel, JSON API, event streams) with the worker inside, until stopped."""
    _run(context, "serving.serve", None, None, host=host, port=port)


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
    _run(context, "triage.triage", output, as_user, **given)


@app.command()
def worker(
    context: typer.Context,
    every: Annotated[
        int | None, typer.Option(help="Minutes between two sweeps for exceptions; 0 is never (15).")
    ] = None,
) -> None:
    """Carry out what can go on, and look for exceptions again and again, until SIGTERM or Ctrl-C."""
    _run(context, "triage.worker", None, None, every=every)


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
    _run(context, "runs.ask", output, as_user, question=" ".join(question), conversation=conversation)


@app.command()
def runs(
    context: typer.Context,
    run: Annotated[str | None, typer.Argument(help="One run: its plan, moves and report.")] = None,
    events: Annotated[bool, typer.Option("--events", help="The run's events too.")] = False,
    output: Out = None,
) -> None:
    """List runs, or show one."""
    _run(context, "runs.runs", output, None, run=run, events=events)


@app.command()
def replay(context: typer.Context, run: str, output: Out = None) -> None:
    """Recompute the plan of a run from what was recorded and compare it byte for byte."""
    _run(context, "records.replay", output, None, run=run)


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
    _run(context, "records.stop", output, as_user, system=system, reason=reason, lift=lift, code=code)


@app.command()
def lift(
    context: typer.Context,
    system: Annotated[str, typer.Argument(help="The system that was stopped, or 'all'.")] = "all",
    reason: Annotated[str, typer.Option(help="Why; it goes to the ledger.")] = "",
    as_user: As = None,
    output: Out = None,
) -> None:
    """Let writes go on: the first person asks for it, a second within the hour does it; neither has stopped it."""
    _run(context, "records.stop", output, as_user, system=system, reason=reason, lift=True)


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
    _run(context, "delegations.away", output, as_user, until=until, since=since, reason=reason)


@app.command()
def back(context: typer.Context, as_user: As = None, output: Out = None) -> None:
    """Be back from out of office."""
    _run(context, "delegations.back", output, as_user)


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
    _run(context, "overriding.undo", output, as_user, move=move, reason_code=reason_code, reason=reason)


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
    _run(context, "measures.metrics", output, None, since=since, until=until)


@app.command()
def claims(
    context: typer.Context,
    sku: Annotated[str | None, typer.Option(help="Only of this SKU.")] = None,
    site: Annotated[str | None, typer.Option(help="Only at this site.")] = None,
    output: Out = None,
) -> None:
    """Who holds my stock: claims of waiting plans and reservations of the ERP, line by line."""
    _run(context, "autonomy.claims", output, None, sku=sku, site=site)


@app.command()
def config(context: typer.Context, output: Out = None) -> None:
    """The settings in force and where each comes from; secrets are masked."""
    _run(context, "records.config", output, None)


@app.command("import")
def import_(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="The folder with the CSV files.")],
    mapping: Annotated[Path, typer.Option(help="The mapping (YAML).")],
    preview: Annotated[bool, typer.Option("--preview", help="Only say what would be imported.")] = False,
    output: Out = None,
) -> None:
    """Bring your own data: read CSV files through a mapping into the embedded distributor."""
    _run(context, "importing.import_", output, None, folder=folder, mapping=mapping, preview=preview)


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
    _run(context, "judging.evals", output, None, scenarios=scenarios or [], planner=planner, trials=trials)


@approvals.command("list")
def approvals_list(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="With --all: so many, the newest first.")] = None,
    output: Out = None,
) -> None:
    """What waits, for which role, until when."""
    _run(context, "approvals.list_", output, None, everything=everything, limit=limit)


@approvals.command("show")
def approvals_show(context: typer.Context, approval: str, output: Out = None) -> None:
    """One card: who gains, who loses, money, promises before and after, the rule that asked."""
    _run(context, "approvals.show", output, None, approval=approval)


Digest = Annotated[str | None, typer.Option(help="The digest on the card you saw; a newer card is then refused.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept.")]
Code = Annotated[str, typer.Option(help="The reason as a code of the policy, such as not-now.")]


@approvals.command("approve")
def approvals_approve(
    context: typer.Context,
    approval: str,
    digest: Digest = None,
    reason: Reason = "",
    code: Code = "",
    as_user: As = None,
    output: Out = None,
) -> None:
    """Approve what the card shows."""
    given = {"approval": approval, "digest": digest, "reason": reason, "code": code}
    _run(context, "approvals.decide", output, as_user, verb="approve", **given)


@approvals.command("reject")
def approvals_reject(
    context: typer.Context,
    approval: str,
    digest: Digest = None,
    reason: Reason = "",
    code: Code = "",
    as_user: As = None,
    output: Out = None,
) -> None:
    """Reject what the card shows; the rest is planned again."""
    given = {"approval": approval, "digest": digest, "reason": reason, "code": code}
    _run(context, "approvals.decide", output, as_user, verb="reject", **given)


@approvals.command("edit")
def approvals_edit(
    context: typer.Context,
    approval: str,
    change: Annotated[list[str], typer.Option("--set", help="ACTION=UNITS, for example a3=40; repeat for more.")],
    digest: Digest = None,
    reason: Reason = "",
    code: Code = "",
    as_user: As = None,
    output: Out = None,
) -> None:
    """Change quantities inside a move; it is judged again, and the old card is void."""
    given = {"approval": approval, "change": change, "digest": digest, "reason": reason, "code": code}
    _run(context, "approvals.edit", output, as_user, **given)


@approvals.command("snooze")
def approvals_snooze(
    context: typer.Context,
    approval: str,
    until: Annotated[str, typer.Option(help="Until when: 2026-03-02T12:00Z.")],
    reason: Reason = "",
    as_user: As = None,
    output: Out = None,
) -> None:
    """Put a question aside for yourself; it is decided, reminded of and ends all the same."""
    _run(context, "questions.snooze", output, as_user, approval=approval, until=until, reason=reason)


@approvals.command("reassign")
def approvals_reassign(
    context: typer.Context,
    approval: str,
    to: Annotated[str, typer.Option(help="The person who is to decide it.")],
    reason: Reason = "",
    code: Code = "",
    as_user: As = None,
    output: Out = None,
) -> None:
    """Give a question to a person who may decide it."""
    _run(context, "questions.reassign", output, as_user, approval=approval, to=to, code=code, reason=reason)


@approvals.command("comment")
def approvals_comment(
    context: typer.Context,
    approval: str,
    text: Annotated[list[str], typer.Argument(help="What you say, for everybody who sees the card.")],
    as_user: As = None,
    output: Out = None,
) -> None:
    """Say something about a question."""
    _run(context, "questions.comment", output, as_user, approval=approval, text=" ".join(text))


@approvals.command("history")
def approvals_history(context: typer.Context, approval: str, output: Out = None) -> None:
    """What happened to a question: asked, reminded, escalated, put aside, given on, spoken about, edited, decided."""
    _run(context, "questions.history", output, None, approval=approval)


@approvals.command("decide-many")
def approvals_decide_many(
    context: typer.Context,
    named: Annotated[list[str], typer.Argument(help="Each question with the digest on its card: A-1=DIGEST.")],
    reject: Annotated[bool, typer.Option("--reject", help="Say no to them instead of yes.")] = False,
    reason: Reason = "",
    code: Code = "",
    as_user: As = None,
    output: Out = None,
) -> None:
    """Decide several named questions, each by itself: one that fails stops no other."""
    _run(context, "questions.decide_many", output, as_user, named=named, reject=reject, code=code, reason=reason)


@delegations.command("add")
def delegations_add(
    context: typer.Context,
    to: Annotated[str, typer.Argument(help="The person who decides in your name.")],
    role: Annotated[str, typer.Argument(help="The role of yours they decide in.")],
    until: Annotated[str, typer.Option(help="Until when: 2026-03-09 or 2026-03-09T08:00Z.")],
    since: Annotated[str | None, typer.Option("--from", help="From when on (now).")] = None,
    reason: Reason = "",
    as_user: As = None,
    output: Out = None,
) -> None:
    """Hand a role of yours to another person for a time; it is never handed on."""
    _run(context, "delegations.add", output, as_user, to=to, role=role, since=since, until=until, reason=reason)


@delegations.command("end")
def delegations_end(context: typer.Context, delegation: str, as_user: As = None, output: Out = None) -> None:
    """Take a role back, or give it back, at once."""
    _run(context, "delegations.end", output, as_user, delegation=delegation)


@delegations.command("list")
def delegations_list(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Those that are over too.")] = False,
    output: Out = None,
) -> None:
    """Roles in other hands, and who is away."""
    _run(context, "delegations.list_", output, None, everything=everything)


@overrides.command("list")
def overrides_list(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="From this day or time on (UTC when absent).")
    ] = None,
    output: Out = None,
) -> None:
    """Who went against the plan, why, and what that cost against the optimum; and who may."""
    _run(context, "overriding.list_", output, None, since=since)


Kind = Annotated[str | None, typer.Option("--kind", help="Only this kind of exception.")]
SkuClass = Annotated[str | None, typer.Option("--sku-class", help="Only this ABC class.")]
Site = Annotated[str | None, typer.Option("--site", help="Only this site.")]
Segment = Annotated[str | None, typer.Option("--segment", help="Only this segment of customers.")]
Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="Plans made from this day or time on.")]
Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help="Plans made before this day or time.")]


@autonomy.command("report")
def autonomy_report(
    context: typer.Context,
    since: Since = None,
    until: Until = None,
    kind: Kind = None,
    sku_class: SkuClass = None,
    site: Site = None,
    segment: Segment = None,
    output: Out = None,
) -> None:
    """Plans beside what people did: agreement in units, moves and money, value of both, would-have-been errors."""
    scope = {"kind": kind, "sku_class": sku_class, "site": site, "segment": segment}
    _run(context, "autonomy.report", output, None, since=since, until=until, scope=scope)


@autonomy.command("levels")
def autonomy_levels(context: typer.Context, output: Out = None) -> None:
    """The level in force per kind, SKU class, site and segment, and what has lowered it."""
    _run(context, "autonomy.levels", output, None)


@autonomy.command("promote")
def autonomy_promote(
    context: typer.Context,
    to: Annotated[str, typer.Option(help="recommend, approve or act.")],
    why: Annotated[str, typer.Option(help="Why; it stands with the proposal.")],
    kind: Kind = None,
    sku_class: SkuClass = None,
    site: Site = None,
    segment: Segment = None,
    since: Since = None,
    until: Until = None,
    as_user: As = None,
    output: Out = None,
) -> None:
    """Propose a policy version with a higher level, the report's numbers as evidence; owners approve it."""
    scope = {"kind": kind, "sku_class": sku_class, "site": site, "segment": segment}
    _run(context, "autonomy.promote", output, as_user, scope=scope, to=to, why=why, since=since, until=until)


@autonomy.command("pilot")
def autonomy_pilot(
    context: typer.Context,
    top: Annotated[int, typer.Option(help="How many SKUs.")],
    by: Annotated[str, typer.Option(help="revenue, units or margin of the orders the ERP lists.")] = "revenue",
    sites: Annotated[str, typer.Option(help="Sites, separated by commas; all when empty.")] = "",
    propose: Annotated[bool, typer.Option("--propose", help="Propose it; else the document is printed.")] = False,
    why: Annotated[str, typer.Option(help="Why; it stands with the proposal.")] = "",
    as_user: As = None,
    output: Out = None,
) -> None:
    """A policy whose pilot is a fixed list: the first SKUs by revenue as of now, at these sites."""
    _run(context, "autonomy.pilot", output, as_user, top=top, by=by, sites=sites, propose=propose, why=why)


@autonomy.command("demotions")
def autonomy_demotions(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Lifted ones too.")] = False,
    output: Out = None,
) -> None:
    """What has lowered autonomy by itself, since when and why."""
    _run(context, "autonomy.demotions", output, None, everything=everything)


@autonomy.command("lift")
def autonomy_lift(
    context: typer.Context,
    demotion: str,
    why: Annotated[str, typer.Option(help="Why; it goes to the ledger.")],
    as_user: As = None,
    output: Out = None,
) -> None:
    """Lift a demotion: the first person asks, a second one lifts it."""
    _run(context, "autonomy.lift", output, as_user, demotion=demotion, why=why)


@ledger.command("verify")
def ledger_verify(
    context: typer.Context,
    head: Annotated[
        list[Path] | None,
        typer.Option(help="A heads file kept elsewhere: finds missing last rows too; repeat it."),
    ] = None,
    export: Annotated[Path | None, typer.Option("--export", help="Verify this export instead of the database.")] = None,
    key: Annotated[
        list[Path] | None, typer.Option(help="A public key (PEM) that you have from elsewhere; repeat it.")
    ] = None,
    output: Out = None,
) -> None:
    """Check rows, chain, keys and signed checkpoints, and say what is proven up to where."""
    given = {"head": tuple(head or ()), "export": export, "key": tuple(key or ())}
    _run(context, "ledger.verify", output, None, **given)


@ledger.command("export")
def ledger_export(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="Where to; standard output when absent.")] = None,
) -> None:
    """The whole ledger as JSON lines: rows with their content, then the signed checkpoints."""
    _run(context, "ledger.export", None, None, file=file)


@ledger.command("checkpoint")
def ledger_checkpoint(context: typer.Context, as_user: As = None, output: Out = None) -> None:
    """Sign the ledger up to its last entry now; a worker does it by itself."""
    _run(context, "ledger.checkpoint", output, as_user)


@ledger.command("explain")
def ledger_explain(
    context: typer.Context, seq: Annotated[int, typer.Argument(help="The number of an entry.")], output: Out = None
) -> None:
    """One entry: who, what, when, on which facts, policy, planner and model, why, approved by whom, what came of it."""
    _run(context, "ledger.explain", output, None, seq=seq)


@ledger.command("redact")
def ledger_redact(
    context: typer.Context,
    seq: Annotated[int | None, typer.Argument(help="The entry; all redactions are listed when absent.")] = None,
    reason_code: Annotated[str, typer.Option(help="A code of the policy's reasons.")] = "",
    why: Annotated[str, typer.Option(help="Why; it stays, so leave out what is to be taken away.")] = "",
    confirm: Annotated[
        str | None, typer.Option(metavar="DIGEST", help="Do what another person asked, which has this digest.")
    ] = None,
    whole_run: Annotated[
        bool, typer.Option("--whole-run", help="Also what tools and models told its run, and its snapshot.")
    ] = False,
    as_user: As = None,
    output: Out = None,
) -> None:
    """Take away for good what an entry says: one person asks, another confirms, and the ledger keeps both."""
    given = {"seq": seq, "reason_code": reason_code, "why": why, "confirm": confirm, "whole_run": whole_run}
    _run(context, "ledger.redact", output, as_user, **given)


Public = Annotated[
    Path | None, typer.Option(help="The public half (PEM) of a key that QUARTERMASTER_SIGN_COMMAND signs with.")
]


@keys.command("init")
def keys_init(context: typer.Context, public: Public = None, as_user: As = None, output: Out = None) -> None:
    """Make the first key; from here on the ledger is signed."""
    _run(context, "keys.init", output, as_user, public=public)


@keys.command("rotate")
def keys_rotate(context: typer.Context, public: Public = None, as_user: As = None, output: Out = None) -> None:
    """Let a new key take over, signed by the old one and the new; the old one stays known and signs nothing more."""
    _run(context, "keys.rotate", output, as_user, public=public)


@keys.command("list")
def keys_list(context: typer.Context, output: Out = None) -> None:
    """Every key of the ledger, and which entries it may sign."""
    _run(context, "keys.list_", output, None)


@keys.command("show")
def keys_show(
    context: typer.Context, key: Annotated[str | None, typer.Argument(help="The key in force when absent.")] = None
) -> None:
    """A public key as PEM: what `ledger verify --key` wants."""
    _run(context, "keys.show", None, None, key=key)


@database.command("upgrade")
def database_upgrade(context: typer.Context, output: Out = None) -> None:
    """Bring the schema up to this version, as the owner of the tables."""
    _run(context, "database.upgrade", output, None)


@database.command("role")
def database_role(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The name of the role.")],
    apply: Annotated[bool, typer.Option("--apply", help="Run it instead of printing it.")] = False,
    output: Out = None,
) -> None:
    """The SQL of a PostgreSQL role under which the application works and cannot change the ledger."""
    _run(context, "database.role", output, None, name=name, apply=apply)


@policy.command("check")
def policy_check(
    context: typer.Context,
    path: Annotated[
        Path | None, typer.Argument(help="A policy file, or a folder of them; the configured one when absent.")
    ] = None,
    output: Out = None,
) -> None:
    """Find what is wrong with a policy: faults, rules that never matter or contradict each other, and gaps."""
    _run(context, "policy.check", output, None, path=path)


@knowledge.command("search")
def knowledge_search(
    context: typer.Context,
    question: Annotated[list[str], typer.Argument(help="What you want to know, in words.")],
    document: Annotated[str | None, typer.Option(help="Look only into this document.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10, help="Passages at most.")] = 3,
    output: Out = None,
) -> None:
    """Passages that answer a question, with document, section and version; or that it is not in the documents."""
    _run(context, "knowledge.search", output, None, question=" ".join(question), document=document, limit=limit)


@knowledge.command("list")
def knowledge_list(context: typer.Context, output: Out = None) -> None:
    """Every document with kind, version and owner, and the files of your folder that cannot be used."""
    _run(context, "knowledge.list_", output, None)


Why = Annotated[str, typer.Option("--why", help="Why; it goes to the ledger.")]


@people.command("list")
def people_list(context: typer.Context, as_user: As = None, output: Out = None) -> None:
    """Everybody known at this legal entity: roles, limits, and whether they may act."""
    _run(context, "people.list_", output, as_user)


@people.command("deactivate")
def people_deactivate(context: typer.Context, user: str, why: Why = "", as_user: As = None, output: Out = None) -> None:
    """End everything somebody may do, at once and in every process, wherever you may do so."""
    _run(context, "people.turn", output, as_user, user=user, why=why, active=False)


@people.command("reactivate")
def people_reactivate(context: typer.Context, user: str, why: Why = "", as_user: As = None, output: Out = None) -> None:
    """Let somebody act again; they sign in anew."""
    _run(context, "people.turn", output, as_user, user=user, why=why, active=True)


@people.command("token")
def people_token(context: typer.Context, output: Out = None) -> None:
    """A new token for a service account, and the line for the people file. It is shown once and kept nowhere."""
    _run(context, "people.token", output, None)


@policy.command("list")
def policy_list(context: typer.Context, output: Out = None) -> None:
    """Every version with the day it counts from, and the changes that are proposed or over."""
    _run(context, "policy_versions.list_", output, None)


@policy.command("show")
def policy_show(
    context: typer.Context,
    policy: Annotated[
        str, typer.Argument(help="A version (P-...) or change (PC-...); the one in force if absent.")
    ] = "",
    output: Out = None,
) -> None:
    """A version as it was written, or a change with what it would make different."""
    _run(context, "policy_versions.show", output, None, policy=policy)


@policy.command("diff")
def policy_diff(
    context: typer.Context,
    before: Annotated[str, typer.Argument(metavar="A", help="A version (P-...), a file, or 'in-force'.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The same, to compare with.")],
    output: Out = None,
) -> None:
    """What differs between two versions or files, rule by rule and field by field."""
    _run(context, "policy_versions.diff", output, None, before=before, after=after)


@policy.command("dry-run")
def policy_dry_run(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="A policy file, or a version (P-...).")],
    since: Annotated[str, typer.Option(metavar="DATE", help="From this day or time on (UTC when absent).")],
    output: Out = None,
) -> None:
    """Judge recorded history again: what would have been asked more, asked less or denied, with the money."""
    _run(context, "policy_versions.dry_run", output, None, file=file, since=since)


@policy.command("propose")
def policy_propose(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The policy file.")],
    why: Annotated[str, typer.Option(help="Why it should change; it goes to the ledger.")],
    as_user: As = None,
    output: Out = None,
) -> None:
    """Ask the owners of the policy in force to put another one in force."""
    _run(context, "policy_versions.propose", output, as_user, file=file, why=why)


Change = Annotated[str, typer.Argument(help="The change, such as PC-1.")]


@policy.command("approve")
def policy_approve(
    context: typer.Context, change: Change, reason: Reason = "", as_user: As = None, output: Out = None
) -> None:
    """Approve a change as one of its owners; the last one puts it in force, or schedules it for its day."""
    _run(context, "policy_versions.decide", output, as_user, verb="approve", change=change, reason=reason)


@policy.command("reject")
def policy_reject(
    context: typer.Context, change: Change, reason: Reason = "", as_user: As = None, output: Out = None
) -> None:
    """Say no to a change as one of its owners, until it is in force."""
    _run(context, "policy_versions.decide", output, as_user, verb="reject", change=change, reason=reason)


@policy.command("withdraw")
def policy_withdraw(
    context: typer.Context, change: Change, reason: Reason = "", as_user: As = None, output: Out = None
) -> None:
    """Take back a change that you proposed, until it is in force."""
    _run(context, "policy_versions.decide", output, as_user, verb="withdraw", change=change, reason=reason)


def main() -> None:
    """Entry point of the console script."""
    app()
