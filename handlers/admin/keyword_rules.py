"""Keyword rules: the list, the editor, and the box to try a sentence."""

from collections import defaultdict
from typing import Any

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from bot.errors import ConflictError, FieldFault, InvalidInputError
from bot.services import accounts, keyword_rules, plays, segments, tags
from bot.services.collisions import Collisions
from handlers.admin import display, words
from handlers.admin.access import allow, current_actor
from handlers.admin.fault_places import by_field
from handlers.admin.rule_forms import RuleForm
from handlers.processes import current_runtime
from models import KeywordRule, Role

blueprint = Blueprint("keyword_rules", __name__, url_prefix="/keyword-rules")
PER_PAGE = 100
COLLISIONS = "admin_collisions"


def init_app(app: Flask) -> None:
    """Give this process a place for what it found."""
    app.extensions[COLLISIONS] = Collisions()


@blueprint.get("")
@allow(Role.VIEWER)
def index() -> ResponseReturnValue:
    """Show the rules in the order in which they go first."""
    search, number = request.args.get("search", "").strip(), max(1, request.args.get("page", 1, type=int))
    with current_runtime().db() as session:
        rules = keyword_rules.list_rules(session)
        found = [rule for rule in rules if _is_found(rule, search)]
        shown = found[(number - 1) * PER_PAGE : number * PER_PAGE]
        colliding = _colliding(session, rules, {rule.id for rule in shown})
        rule_tags = tags.find_tags(session, [tag_id for rule in shown for tag_id in rule.tags])
        segment_names = {segment.id: segment.name for segment in segments.list_segments(session)}
    page = "_list.html" if request.headers.get("HX-Target") == "rules" else "index.html"
    return render_template(
        f"admin/keyword_rules/{page}",
        rules=shown,
        total=len(rules),
        search=search,
        number=number,
        has_more=len(found) > number * PER_PAGE,
        colliding=colliding,
        rule_tags=rule_tags,
        segment_names=segment_names,
        matches=words.MATCHES,
    )


@blueprint.get("/new")
@allow(Role.MARKETER)
def new() -> ResponseReturnValue:
    """Show an empty editor; `keyword` and `copy` fill it in."""
    form = RuleForm.blank()
    copied = request.args.get("copy", type=int)
    if copied:
        with current_runtime().db() as session:
            rule = keyword_rules.get_rule(session, copied)
        form = RuleForm.from_rule(rule, current_runtime().settings.zone)
        form.name = gettext("%(name)s 的複本", name=rule.name)
    elif request.args.get("keyword"):
        form.keywords = [{"text": request.args["keyword"][:200], "match": "exact"}]
    return _editor(form)


@blueprint.post("/new")
@allow(Role.MARKETER)
def create() -> ResponseReturnValue:
    """Save a new rule."""
    return _save(None)


@blueprint.get("/<int:rule_id>")
@allow(Role.VIEWER)
def edit(rule_id: int) -> ResponseReturnValue:
    """Show a rule in the editor."""
    runtime = current_runtime()
    with runtime.db() as session:
        rule = keyword_rules.get_rule(session, rule_id)
    return _editor(RuleForm.from_rule(rule, runtime.settings.zone), rule=rule)


@blueprint.post("/<int:rule_id>")
@allow(Role.MARKETER)
def change(rule_id: int) -> ResponseReturnValue:
    """Save a rule."""
    return _save(rule_id)


@blueprint.post("/<int:rule_id>/toggle")
@allow(Role.MARKETER)
def toggle(rule_id: int) -> ResponseReturnValue:
    """Switch a rule on or off; htmx swaps in the switch."""
    runtime = current_runtime()
    with runtime.db.begin() as session:
        rule = keyword_rules.toggle(session, rule_id, by=current_actor(), now=runtime.now())
    return render_template("admin/keyword_rules/_switch.html", rule=rule)


@blueprint.post("/<int:rule_id>/delete")
@allow(Role.MARKETER)
def delete(rule_id: int) -> ResponseReturnValue:
    """Delete a rule."""
    runtime = current_runtime()
    with runtime.db.begin() as session:
        keyword_rules.delete(session, rule_id, by=current_actor(), now=runtime.now())
    flash(gettext("已刪除這則規則。"))
    return redirect(url_for("admin.keyword_rules.index"))


@blueprint.post("/rows")
@allow(Role.MARKETER)
def rows() -> ResponseReturnValue:
    """Give back the rows of keywords or hours with one more to fill in."""
    form = RuleForm.from_form(request.form)
    name = "_hours.html" if request.args.get("of") == "hours" else "_keywords.html"
    return render_template(f"admin/keyword_rules/{name}", form=form, faults={}, spare=1, matches=words.MATCHES)


@blueprint.get("/try")
@allow(Role.VIEWER)
def try_text() -> ResponseReturnValue:
    """Tell which rule a sentence calls up."""
    runtime = current_runtime()
    said = request.args.get("text", "")[:5000]
    with runtime.db() as session:
        trial = keyword_rules.try_text(session, said, zone=runtime.settings.zone, now=runtime.now()) if said else None
        account = accounts.get_account(session)
    page = "_trial.html" if request.headers.get("HX-Request") else "try.html"
    return render_template(
        f"admin/keyword_rules/{page}",
        trial=trial,
        said=said,
        account_name=account.display_name,
        matches=words.MATCHES,
    )


def _save(rule_id: int | None) -> ResponseReturnValue:
    runtime = current_runtime()
    form = RuleForm.from_form(request.form)
    try:
        with runtime.db.begin() as session:
            rule = _store(session, form, rule_id)
    except InvalidInputError as error:
        return _editor(form, rule_id=rule_id, faults=error.faults), 422
    except ConflictError as error:
        return _editor(form, rule_id=rule_id, refusal=display.said(error)), 409
    flash(gettext("已儲存「%(name)s」。兩秒內生效。", name=rule.name))
    return redirect(url_for("admin.keyword_rules.index"))


def _store(session: Session, form: RuleForm, rule_id: int | None) -> KeywordRule:
    """Raises InvalidInputError with everything that cannot be taken."""
    runtime, by = current_runtime(), current_actor()
    now = runtime.now()
    given: list[int | str] = [*form.tags, *([form.new_tag] if form.new_tag else [])]
    tag_ids = tags.resolve(session, given, by=by, now=now)
    content, faults = form.content(runtime.settings.zone, tag_ids)
    if faults:
        raise InvalidInputError(faults)
    if rule_id is None:
        return keyword_rules.create(session, content, by=by, now=now)
    present = keyword_rules.get_rule(session, rule_id, will_change=True).updated_at.isoformat()
    if form.seen and form.seen != present:
        form.seen = present
        raise ConflictError("您編輯的時候，有人改過這則規則。再按一次「儲存」會用您的內容取代。")
    return keyword_rules.change(session, rule_id, vars(content), by=by, now=now)


def _editor(
    form: RuleForm,
    *,
    rule: KeywordRule | None = None,
    rule_id: int | None = None,
    faults: tuple[FieldFault, ...] = (),
    refusal: str | None = None,
) -> str:
    with current_runtime().db() as session:
        all_tags = tags.list_tags(session)
        account = accounts.get_account(session)
        named = [(str(segment.id), segment.name) for segment in segments.list_segments(session)]
    return render_template(
        "admin/keyword_rules/edit.html",
        segment_options=[("", gettext("所有好友")), *named],
        form=form,
        rule=rule,
        rule_id=rule.id if rule else rule_id,
        faults=by_field(faults, {"messages": form.editor.drafts}),
        refusal=refusal,
        all_tags=all_tags,
        matches=words.MATCHES,
        messages=form.editor.to_messages()[0],
        problems=[],
        account_name=account.display_name,
        spare=0 if form.keywords else 1,
    )


def _is_found(rule: KeywordRule, search: str) -> bool:
    wanted = search.casefold()
    texts = [rule.name, *(keyword["text"] for keyword in rule.keywords)]
    return not wanted or any(wanted in text.casefold() for text in texts)


def _colliding(session: Session, rules: list[KeywordRule], shown: set[int]) -> dict[int, list[dict[str, Any]]]:
    """Return for each rule that is shown the others, and the plays, that it shares a text with."""
    by_id: dict[int, str] = {rule.id: rule.name for rule in rules}
    by_id |= {starter.rule_id: starter.title for starter in plays.list_starters(session)}
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    collisions: Collisions = current_app.extensions[COLLISIONS]
    for collision in collisions.current(session):
        if not {collision.winner_id, collision.loser_id} & shown:
            continue
        first, second = by_id.get(collision.winner_id), by_id.get(collision.loser_id)
        if first is None or second is None:
            continue
        found[collision.winner_id].append({"name": second, "text": collision.text, "wins": True})
        found[collision.loser_id].append({"name": first, "text": collision.text, "wins": False})
    return found
