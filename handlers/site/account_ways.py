"""What links and invitations share: the way to the account's own pages at LINE, and small notices on the way."""

from flask import Response, make_response, redirect, render_template
from flask_babel import get_locale, gettext

from bot.runtime import Runtime
from bot.services import account_pages
from bot.services.account_pages import AccountPages
from bot.services.login_trips import Trip
from handlers.site import headers, trips


def log_in(runtime: Runtime, trip: Trip) -> Response:
    """Send the visitor to LINE Login, or straight to the account where it is switched off."""
    if runtime.login is None:
        return lead_to_account(runtime)
    response = redirect_to(
        runtime.login.authorize_url(
            redirect_uri=return_url(runtime), state=trip.state, nonce=trip.nonce, verifier=trip.verifier
        )
    )
    trips.TO_ACCOUNT.keep(response, trip)
    return response


def return_url(runtime: Runtime) -> str:
    """Return the one way back from LINE Login, which the login channel has to know."""
    return f"{runtime.settings.public_url}/l/return"


def lead_to_account(runtime: Runtime, *, is_friend: bool = False) -> Response:
    """Redirect to LINE's own page of the account; the address holds nothing a visitor sent."""
    pages = account_pages.learn_pages(runtime.db, runtime.line, api_base=runtime.settings.line_api_base)
    if pages is None:
        title = gettext("暫時無法前往")
        return _show(503, title, gettext("目前連不上 LINE，請稍後再開一次這個連結。"), None)
    return redirect_to(pages.chat_url if is_friend else pages.add_friend_url)


def show_notice(runtime: Runtime, status: int, title: str, text: str) -> Response:
    """Return a page that only says something and leads to the account, if its address is known."""
    with runtime.db() as session:
        pages = account_pages.find_pages(session, api_base=runtime.settings.line_api_base)
    return _show(status, title, text, pages)


def redirect_to(url: str) -> Response:
    """Return a redirect."""
    return make_response(redirect(url))


def _show(status: int, title: str, text: str, pages: AccountPages | None) -> Response:
    page = render_template(
        "site/notice.html",
        title=title,
        text=text,
        pages=pages,
        language=str(get_locale()).replace("_", "-"),
        nonce=headers.nonce(),
    )
    return Response(page, status=status, mimetype="text/html")
