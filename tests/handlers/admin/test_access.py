"""Who gets in, and where to."""

import pytest
from flask import Flask
from sqlalchemy import select

from app import create_app
from bot.clock import utc_now
from bot.database import Database
from bot.services import staff, staff_sessions
from handlers.admin.access import ANYONE, COOKIE, allowed_for
from handlers.processes import EXTENSION
from models import Account, AuditEntry, Role, Staff, StaffSession
from tests.admin_visits import PASSWORD, Visitor, make_staff
from tests.conftest import make_settings


def admin_routes(app: Flask) -> list[tuple[str, str, str]]:
    """Every route of the admin: endpoint, method, a path with numbers filled in."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("admin.") and rule.endpoint != "admin.static":
            path = rule.build(dict.fromkeys(rule.arguments, 1))
            assert path is not None
            found += [(rule.endpoint, method, path[1]) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}]
    return found


def test_every_route_names_the_role_it_wants(app: Flask) -> None:
    with app.app_context():
        routes = admin_routes(app)
        assert len(routes) > 50
        open_to_all = {endpoint for endpoint, _, _ in routes if allowed_for(endpoint) == ANYONE}
        assert open_to_all == {"admin.login.show", "admin.login.log_in"}
        assert [endpoint for endpoint, _, _ in routes if allowed_for(endpoint) is None] == []


def test_a_stranger_reaches_nothing_but_the_login(app: Flask) -> None:
    for endpoint, method, path in admin_routes(app):
        visitor = Visitor(app)
        answer = visitor.client.open(path, method=method)
        if endpoint.startswith("admin.login.") and endpoint != "admin.login.log_out":
            continue
        if method == "GET":
            assert answer.status_code == 302, path
            assert "/admin/login" in answer.headers["Location"], path
        else:
            assert answer.status_code == 401, path


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MARKETER])
def test_a_role_opens_its_own_pages_and_no_others(app: Flask, db: Database, role: Role) -> None:
    make_staff(db, "somebody", role)
    order = list(Role)
    visitor = Visitor(app)
    visitor.log_in("somebody")
    for endpoint, method, path in admin_routes(app):
        if endpoint.startswith("admin.login.") or endpoint == "admin.me.sign_out_everywhere":
            continue
        with app.app_context():
            wanted = allowed_for(endpoint)
        assert isinstance(wanted, Role)
        if order.index(role) <= order.index(wanted):
            continue
        assert visitor.client.open(path, method=method, data={"csrf_token": visitor.csrf}).status_code == 403, path


def test_a_route_that_names_no_role_stays_shut(db: Database, database_url: str) -> None:
    make_staff(db)
    app = create_app(make_settings(database_url))
    app.testing = True
    app.add_url_rule("/admin/forgotten", "admin.forgotten", lambda: "secret")
    visitor = Visitor(app)
    visitor.log_in("owner")
    assert visitor.get("/admin/forgotten").status_code == 403
    app.extensions[EXTENSION].close()


def test_every_unsafe_request_needs_the_forms_token(app: Flask, owner: Visitor) -> None:
    for endpoint, method, path in admin_routes(app):
        if method == "POST":
            assert owner.client.post(path).status_code == 400, endpoint
            assert owner.client.post(path, headers={"X-CSRFToken": "forged"}).status_code == 400, endpoint


def test_a_login_needs_the_forms_token_too(app: Flask, db: Database) -> None:
    make_staff(db)
    answer = app.test_client().post("/admin/login", data={"name": "owner", "password": PASSWORD})
    assert answer.status_code == 400


def test_htmx_sends_the_token_in_a_header(marketer: Visitor) -> None:
    answer = marketer.client.post(
        "/admin/messages/messages/preview", headers={"X-CSRFToken": marketer.csrf, "HX-Request": "true"}
    )
    assert answer.status_code == 200


def test_the_webhook_asks_for_no_token(app: Flask) -> None:
    assert app.test_client().post("/callback", data=b"{}").status_code == 400  # the signature, not the form
    assert "Set-Cookie" not in app.test_client().post("/callback", data=b"{}").headers


def test_five_wrong_passwords_lock_the_account_even_for_the_right_one(app: Flask, db: Database) -> None:
    make_staff(db)
    visitor = Visitor(app)
    for _ in range(5):
        assert "名稱或密碼不正確" in visitor.log_in("owner", "wrong password").get_data(as_text=True)
    locked = visitor.log_in("owner")
    assert locked.status_code == 422
    with db() as session:
        assert session.scalars(select(AuditEntry.action).where(AuditEntry.action == "lock")).all() == ["lock"]


def test_the_same_words_meet_unknown_names_wrong_passwords_and_locked_accounts(app: Flask, db: Database) -> None:
    make_staff(db)
    visitor = Visitor(app)

    def sentence(name: str) -> str:
        page = visitor.log_in(name, "wrong password").get_data(as_text=True)
        return page.split('role="alert">')[1].split("<")[0]

    assert sentence("nobody") == sentence("owner") == sentence("owner")


def test_a_lock_ends_after_a_quarter_of_an_hour(db: Database) -> None:
    person = make_staff(db)
    visitor = staff_sessions.Visitor("127.0.0.1", "test")
    for _ in range(5):
        with pytest.raises(staff_sessions.LoginRefusedError):
            staff_sessions.log_in(db, name=person.name, password="wrong", visitor=visitor, now=utc_now())
    with pytest.raises(staff_sessions.LoginRefusedError):
        staff_sessions.log_in(db, name=person.name, password=PASSWORD, visitor=visitor, now=utc_now())
    later = utc_now() + staff_sessions.LOCKED_FOR
    assert staff_sessions.log_in(db, name=person.name, password=PASSWORD, visitor=visitor, now=later)


def test_one_address_cannot_try_names_for_ever(app: Flask) -> None:
    visitor = Visitor(app)
    answers = [visitor.log_in(f"name{number}", "wrong").status_code for number in range(32)]
    assert answers[:30] == [422] * 30
    assert answers[30:] == [429] * 2


def test_a_login_begins_a_session_of_its_own(app: Flask, db: Database) -> None:
    make_staff(db)
    visitor = Visitor(app)
    visitor.client.set_cookie(COOKIE, "planted-by-somebody-else", path="/admin")
    visitor.log_in("owner")
    cookie = visitor.client.get_cookie(COOKIE, path="/admin")
    assert cookie is not None
    assert cookie.value != "planted-by-somebody-else"
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    with db() as session:
        row = session.scalars(select(StaffSession)).one()
        assert cookie.value not in row.token_hash


def test_logging_out_ends_the_session_in_the_database(owner: Visitor, db: Database) -> None:
    cookie = owner.client.get_cookie(COOKIE, path="/admin")
    assert cookie is not None
    owner.post("/admin/logout")
    owner.client.set_cookie(COOKIE, cookie.value, path="/admin")
    assert owner.get("/admin/").status_code == 302
    with db() as session:
        assert session.scalars(select(StaffSession)).all() == []


def test_signing_out_everywhere_ends_the_other_browser_too(app: Flask, owner: Visitor) -> None:
    other = Visitor(app)
    other.log_in("owner")
    assert other.get("/admin/").status_code == 200
    owner.post("/admin/me/sign-out-everywhere")
    assert other.get("/admin/").status_code == 302


def test_a_session_lives_twelve_hours_from_its_last_request(db: Database) -> None:
    make_staff(db)
    now = utc_now()
    token = staff_sessions.log_in(
        db, name="owner", password=PASSWORD, visitor=staff_sessions.Visitor(None, None), now=now
    )
    later = now + staff_sessions.LASTS * 0.9
    with db.begin() as session:
        found = staff_sessions.find_session(session, token, now=later)
        assert found is not None
        staff_sessions.slide(session, found, now=later)
    with db() as session:
        assert staff_sessions.find_session(session, token, now=later + staff_sessions.LASTS * 0.9) is not None
        assert staff_sessions.find_session(session, token, now=later + staff_sessions.LASTS) is None


def test_a_changed_password_ends_every_login(app: Flask, owner: Visitor) -> None:
    other = Visitor(app)
    other.log_in("owner")
    wrong = owner.post("/admin/me/password", {"current": "nonsense", "new": "another long password"})
    assert wrong.status_code == 422
    assert "目前的密碼不正確" in wrong.get_data(as_text=True)
    assert owner.post("/admin/me/password", {"current": PASSWORD, "new": "another long password"}).status_code == 302
    assert other.get("/admin/").status_code == 302
    assert Visitor(app).log_in("owner", "another long password").status_code == 302


def test_a_disabled_person_is_out_at_once(app: Flask, owner: Visitor, viewer: Visitor, db: Database) -> None:
    with db() as session:
        person = session.scalars(select(Staff).where(Staff.name == "viewer")).one()
    owner.post(f"/admin/staff/{person.id}/disable")
    assert viewer.get("/admin/").status_code == 302
    assert Visitor(app).log_in("viewer").status_code == 422


def test_the_last_owner_stays(owner: Visitor, db: Database) -> None:
    with db() as session:
        person = session.scalars(select(Staff)).one()
    for path, form in (("disable", {}), ("role", {"role": "viewer"})):
        answer = owner.post(f"/admin/staff/{person.id}/{path}", form)
        assert answer.status_code == 409
        assert "至少要保留一位擁有者" in answer.get_data(as_text=True)
    with db() as session:
        assert session.scalars(select(Staff)).one().role is Role.OWNER


def test_passwords_are_kept_as_argon2_only(db: Database) -> None:
    person = make_staff(db)
    assert person.password_hash.startswith("$argon2id$")
    assert staff.is_password(person.password_hash, PASSWORD)
    assert not staff.is_password(person.password_hash, PASSWORD + "x")


def test_a_page_runs_only_our_own_scripts(owner: Visitor) -> None:
    first, second = owner.get("/admin/"), owner.get("/admin/")
    policy = first.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert policy != second.headers["Content-Security-Policy"]
    assert first.headers["X-Frame-Options"] == "DENY"
    assert first.headers["Cache-Control"] == "no-store"
    page = first.get_data(as_text=True)
    assert "style=" not in page.replace("data-style=", "")
    assert " on" not in {part[:3] for part in page.split("<script")[0].split('"')}


def test_a_page_asked_for_before_the_login_comes_after_it(app: Flask, db: Database) -> None:
    make_staff(db)
    visitor = Visitor(app)
    asked = visitor.get("/admin/tags?x=1")
    visitor.get(asked.headers["Location"])
    answer = visitor.post(asked.headers["Location"], {"name": "owner", "password": PASSWORD})
    assert answer.headers["Location"] == "/admin/tags?x=1"


@pytest.mark.parametrize("wanted", ["https://evil.example/admin/", "//evil.example/admin/", "/\\evil.example", "/l/x"])
def test_a_login_leads_nowhere_else(app: Flask, db: Database, wanted: str) -> None:
    make_staff(db)
    visitor = Visitor(app)
    visitor.get("/admin/login")
    answer = visitor.post("/admin/login", {"name": "owner", "password": PASSWORD}, query_string={"next": wanted})
    assert answer.headers["Location"] == "/admin/"


def test_settings_change_and_are_remembered_by_name(owner: Visitor, db: Database) -> None:
    form = {"group_policy": "leave", "chat_days": "90", "event_days": "7", "forward_url": "https://example.com/hook"}
    assert owner.post("/admin/settings", form).status_code == 302
    with db() as session:
        account = session.get_one(Account, 1)
        assert (account.chat_days, account.event_days, account.group_policy.value) == (90, 7, "leave")
        entry = session.scalars(select(AuditEntry).where(AuditEntry.subject == "account")).one()
        assert entry.actor_name == "owner"
        assert entry.changes["chat_days"] == [180, 90]
    wrong = owner.post("/admin/settings", form | {"chat_days": "many", "forward_url": "javascript:alert(1)"})
    assert wrong.status_code == 422
    assert 'value="many"' in wrong.get_data(as_text=True)
