"""A real browser, and windows of it that listen for complaints."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Route, ViewportSize, sync_playwright

EXECUTABLE = (
    os.environ.get("CHROMIUM")
    or shutil.which("chromium")
    or shutil.which("chromium-browser")
    or shutil.which("google-chrome")
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)
ELSEWHERE = re.compile(r"https?://(?!127\.0\.0\.1[:/])")  # a function would be asked here, while a test may sleep
PIXEL = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"  # noqa: E501


@contextmanager
def running() -> Iterator[Browser]:
    """A browser for the time of the block.

    Playwright keeps an asyncio loop in the thread that started it: until the block ends, that thread can neither
    start a second one nor call `asyncio.run`.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def window(browser: Browser) -> Iterator[BrowserContext]:
    """A window of its own, in Taiwan; pictures of the wide world are one dot.

    Raises AssertionError at the end if the browser complained about anything.
    """
    context = browser.new_context(viewport=DESK, locale="zh-TW", timezone_id="Asia/Taipei")
    context.route(ELSEWHERE, _answer_with_a_dot)
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("console", lambda said: complaints.append(said.text) if is_complaint(said) else None)
    context.on("dialog", lambda dialog: dialog.accept())
    yield context
    context.close()
    assert complaints == []


def is_complaint(said: ConsoleMessage) -> bool:
    """Whether the browser found fault; that a form was refused is no fault."""
    return said.type in ("error", "warning") and "422 (UNPROCESSABLE ENTITY)" not in said.text


def _answer_with_a_dot(route: Route) -> None:
    route.fulfill(body=PIXEL, content_type="image/gif")
