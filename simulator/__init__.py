"""LINE's platform in miniature: its endpoints, its webhooks, its people and a chat page."""

from simulator.application import create_app
from simulator.server import Server, serve
from simulator.settings import Settings, settings_from

__all__ = ["Server", "Settings", "create_app", "serve", "settings_from"]
