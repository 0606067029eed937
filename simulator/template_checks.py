"""LINE's checks of template messages (reference/messaging-api#template-messages)."""

from collections.abc import Callable

from simulator import property_checks as check
from simulator.action_checks import DEFAULT_ACTION, IMAGE_CAROUSEL, TEMPLATE, check_action
from simulator.line_errors import LineError, Problems
from simulator.property_checks import Json, UrlRule


def check_template_message(message: Json, where: str, problems: Problems, urls: UrlRule) -> None:
    check.text(message, "altText", where, problems, longest=1500)
    template = check.one_object(message, "template", where, problems)
    if template is None:
        return
    place = f"{where}.template"
    kind = check.one_of(template, "type", place, problems, values=tuple(CHECKERS))
    if kind is not None:
        CHECKERS[kind](template, place, problems, urls)


def check_card(card: Json, where: str, problems: Problems, urls: UrlRule, *, bare: int) -> None:
    """What buttons and carousel columns share; `bare` is the longest text without picture and title."""
    urls.media(card, "thumbnailImageUrl", where, problems, required=False)
    check.text(card, "title", where, problems, longest=40, required=False)
    decorated = bool(card.get("thumbnailImageUrl") or card.get("title"))
    check.text(card, "text", where, problems, longest=60 if decorated else bare)
    default = check.one_object(card, "defaultAction", where, problems, required=False)
    if default is not None:
        check_action(default, f"{where}.defaultAction", problems, DEFAULT_ACTION)


def check_actions(holder: Json, where: str, problems: Problems, *, least: int, most: int) -> None:
    actions = check.objects(holder, "actions", where, problems, least=least, most=most)
    for number, action in enumerate(actions):
        check_action(action, f"{where}.actions[{number}]", problems, TEMPLATE)


def check_buttons(template: Json, where: str, problems: Problems, urls: UrlRule) -> None:
    check_card(template, where, problems, urls, bare=160)
    check_actions(template, where, problems, least=1, most=4)
    check_picture_shape(template, where, problems)


def check_confirm(template: Json, where: str, problems: Problems, urls: UrlRule) -> None:  # noqa: ARG001
    check.text(template, "text", where, problems, longest=240)
    check_actions(template, where, problems, least=2, most=2)


def check_carousel(template: Json, where: str, problems: Problems, urls: UrlRule) -> None:
    columns = check.objects(template, "columns", where, problems, least=1, most=10)
    for number, column in enumerate(columns):
        check_card(column, f"{where}.columns[{number}]", problems, urls, bare=120)
        check_actions(column, f"{where}.columns[{number}]", problems, least=1, most=3)
    check_picture_shape(template, where, problems)
    shapes = {
        (len(column.get("actions") or ()), bool(column.get("title")), bool(column.get("thumbnailImageUrl")))
        for column in columns
    }
    if len(shapes) > 1 and not problems.details:
        raise LineError(400, f"A message ({where.removesuffix('.template')}) in the request body is invalid")


def check_image_carousel(template: Json, where: str, problems: Problems, urls: UrlRule) -> None:
    columns = check.objects(template, "columns", where, problems, least=1, most=10)
    for number, column in enumerate(columns):
        place = f"{where}.columns[{number}]"
        urls.media(column, "imageUrl", place, problems)
        action = check.one_object(column, "action", place, problems)
        if action is not None:
            check_action(action, f"{place}.action", problems, IMAGE_CAROUSEL)


def check_picture_shape(template: Json, where: str, problems: Problems) -> None:
    check.maybe_one_of(template, "imageAspectRatio", where, problems, values=("rectangle", "square"))
    check.maybe_one_of(template, "imageSize", where, problems, values=("cover", "contain"))


CHECKERS: dict[str, Callable[[Json, str, Problems, UrlRule], None]] = {
    "buttons": check_buttons,
    "confirm": check_confirm,
    "carousel": check_carousel,
    "image_carousel": check_image_carousel,
}
