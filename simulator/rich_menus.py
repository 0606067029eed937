"""Rich menus: objects, pictures, aliases, the default and who has which one of their own."""

import secrets
import threading
from dataclasses import dataclass
from typing import Any

from simulator import property_checks as check
from simulator.action_checks import RICH_MENU, check_action
from simulator.line_errors import Problems, bad_property
from simulator.property_checks import Json

MOST_MENUS = 1000
MOST_AREAS = 20
FARTHEST = 2_147_483_647


@dataclass(slots=True)
class RichMenu:
    rich_menu_id: str
    content: Json
    image: bytes = b""
    image_type: str = ""

    def as_json(self) -> Json:
        return {"richMenuId": self.rich_menu_id, **self.content}


class RichMenus:
    """All menus of the channel. A person's own menu goes before the default."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.menus: dict[str, RichMenu] = {}
        self.aliases: dict[str, str] = {}
        self.default_id: str | None = None
        self.of_person: dict[int, str] = {}
        self.batches: dict[str, float] = {}  # request id of a batch → when it was accepted

    def create(self, content: Json) -> str | None:
        """Store a menu and return its id; None if there are too many."""
        with self.lock:
            if len(self.menus) >= MOST_MENUS:
                return None
            rich_menu_id = "richmenu-" + secrets.token_hex(16)
            self.menus[rich_menu_id] = RichMenu(rich_menu_id, content)
            return rich_menu_id

    def delete(self, rich_menu_id: str) -> None:
        with self.lock:
            self.menus.pop(rich_menu_id, None)
            if self.default_id == rich_menu_id:
                self.default_id = None
            self.of_person = {index: menu for index, menu in self.of_person.items() if menu != rich_menu_id}

    def shown_to(self, index: int) -> RichMenu | None:
        """The menu a person sees."""
        with self.lock:
            own = self.of_person.get(index, self.default_id)
            return self.menus.get(own) if own else None

    def link(self, indexes: list[int], rich_menu_id: str) -> None:
        with self.lock:
            for index in indexes:
                self.of_person[index] = rich_menu_id

    def unlink(self, indexes: list[int]) -> None:
        with self.lock:
            for index in indexes:
                self.of_person.pop(index, None)

    def replace_everywhere(self, from_id: str, to_id: str | None) -> None:
        """Give everybody who has `from_id` another menu, or none."""
        with self.lock:
            for index in [index for index, menu in self.of_person.items() if menu == from_id]:
                if to_id is None:
                    del self.of_person[index]
                else:
                    self.of_person[index] = to_id

    def switch(self, index: int, alias: str) -> bool:
        """What a rich menu switch action does; False if there is no such alias."""
        with self.lock:
            rich_menu_id = self.aliases.get(alias)
            if rich_menu_id is None:
                return False
            self.of_person[index] = rich_menu_id
            return True


def check_rich_menu(content: Json) -> None:
    """Raise LineError as LINE would for this rich menu object (reference/messaging-api#rich-menu-object)."""
    problems = Problems()
    for name in ("size", "selected", "name", "chatBarText", "areas"):
        if content.get(name) is None:
            problems.add(name, "must be specified")
    problems.refuse()
    check_size(content, problems)
    if not isinstance(content["selected"], bool):
        raise bad_property("'selected'")
    for name, longest in (("name", 300), ("chatBarText", 14)):
        check.text(content, name, "", problems, longest=longest)
    areas = check.objects(content, "areas", "", problems, least=0, most=MOST_AREAS)
    for number, area in enumerate(areas):
        check_menu_area(area, f"areas[{number}]", problems)
    problems.refuse()


def check_size(content: Json, problems: Problems) -> None:
    size: Any = content["size"]
    if not isinstance(size, dict):
        raise bad_property("'size'")
    check.number(size, "width", "size", problems, least=800, most=2500)
    check.number(size, "height", "size", problems, least=250, most=2500)
    problems.refuse()
    if size["width"] / size["height"] < 1.45:
        problems.add("size", "invalid aspect ratio")


def check_menu_area(area: Json, where: str, problems: Problems) -> None:
    bounds = check.one_object(area, "bounds", where, problems)
    if bounds is not None:
        for name, least in (("x", 0), ("y", 0), ("width", 1), ("height", 1)):
            check.number(bounds, name, f"{where}.bounds", problems, least=least, most=FARTHEST)
    action = check.one_object(area, "action", where, problems)
    if action is not None:
        check_action(action, f"{where}.action", problems, RICH_MENU)
