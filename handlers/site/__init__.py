"""What visitors of the brand's posters and pages reach."""

from flask import Flask

from handlers.site import arrivals, game_page, invitation_page, invitations, liff, links, quiz_page, terms


def init_app(app: Flask) -> None:
    """Give the application the site's pages."""
    app.register_blueprint(links.blueprint)
    app.register_blueprint(invitations.blueprint)
    app.register_blueprint(arrivals.blueprint)
    app.register_blueprint(liff.blueprint)
    app.register_blueprint(quiz_page.blueprint)
    app.register_blueprint(game_page.blueprint)
    app.register_blueprint(invitation_page.blueprint)
    app.register_blueprint(terms.blueprint)
