"""What the buttons of the segment builder do to a tree of drafts.

A place is written as the numbers on the way down: `1.0` is the first part of the second part; empty is the whole.
Each move returns the place where the reader's attention belongs afterwards.
"""

from collections.abc import Callable

from handlers.admin.form_trees import Tree
from handlers.admin.segment_forms import MOST_DEPTH, fresh_group, fresh_leaf

Place = tuple[int, ...]
OPPOSITES = {"all": "not_all", "not_all": "all", "any": "none", "none": "any"}


def read_place(written: str) -> Place:
    """Return a place. Raises ValueError for anything else."""
    return tuple(int(step) for step in written.split(".")) if written else ()


def write_place(place: Place) -> str:
    """Return a place as `read_place` takes it."""
    return ".".join(str(step) for step in place)


def find(root: Tree, place: Place) -> Tree:
    """Return the draft at a place. Raises IndexError where there is none."""
    draft = root
    for step in place:
        items: list[Tree] = draft.get("items", [])
        if step < 0:
            raise IndexError(step)
        draft = items[step]
    return draft


def add_leaf(root: Tree, place: Place) -> Place:
    """Add a condition at the end of a group."""
    return _add(root, place, fresh_leaf())


def add_group(root: Tree, place: Place) -> Place:
    """Add a group at the end of a group, with one condition in it."""
    if len(place) + 1 >= MOST_DEPTH:
        return place
    return (*_add(root, place, fresh_group([fresh_leaf()], "any")), 0)


def drop(root: Tree, place: Place) -> Place:
    """Take a part out; attention goes to the one that stands there now, or before it, or to the group."""
    group = find(root, place[:-1])
    del group["items"][place[-1]]
    if group["items"]:
        return (*place[:-1], min(place[-1], len(group["items"]) - 1))
    return drop(root, place[:-1]) if len(place) > 1 else ()


def wrap(root: Tree, place: Place) -> Place:
    """Put a part into a group of its own."""
    group, draft = find(root, place[:-1]), find(root, place)
    if len(place) + _depth(draft) < MOST_DEPTH:
        group["items"][place[-1]] = fresh_group([draft], "any")
    return place


def unwrap(root: Tree, place: Place) -> Place:
    """Dissolve a group; its parts take its place."""
    group, items = find(root, place[:-1]), find(root, place).get("items", [])
    group["items"][place[-1] : place[-1] + 1] = items
    return place if items else place[:-1]


def negate(root: Tree, place: Place) -> Place:
    """Turn a part into its opposite."""
    draft = find(root, place)
    if draft["kind"] == "group":
        draft["join"] = OPPOSITES[draft["join"]]
    else:
        draft["not"] = "" if draft.get("not") else "1"
    return place


def up(root: Tree, place: Place) -> Place:
    """Move a part one line up: into the group above it, or out of its own group at the top."""
    if place[-1] == 0:
        return _move(root, place, place[:-1]) if len(place) > 1 else place
    above = (*place[:-1], place[-1] - 1)
    group = find(root, above)
    return _move(root, place, (*above, len(group["items"])) if _takes(group, root, place) else above)


def down(root: Tree, place: Place) -> Place:
    """Move a part one line down: into the group below it, or out of its own group at the end."""
    below = (*place[:-1], place[-1] + 1)
    if below[-1] == len(find(root, place[:-1])["items"]):
        return _move(root, place, (*place[:-2], place[-2] + 1)) if len(place) > 1 else place
    group = find(root, below)  # stands where the part stood once that is taken out
    return _move(root, place, (*place, 0) if _takes(group, root, place) else below)


def _takes(group: Tree, root: Tree, place: Place) -> bool:
    """Whether this is a group, with room for one more floor."""
    return group["kind"] == "group" and len(place) + _depth(find(root, place)) < MOST_DEPTH


def _add(root: Tree, place: Place, draft: Tree) -> Place:
    items = find(root, place)["items"]
    items.append(draft)
    return (*place, len(items) - 1)


def _move(root: Tree, place: Place, there: Place) -> Place:
    """Take a part out and put it in again; a group that it leaves empty goes."""
    source = find(root, place[:-1])
    draft = source["items"].pop(place[-1])
    find(root, there[:-1])["items"].insert(there[-1], draft)
    if not source["items"]:
        drop(root, _place_of(root, source) or ())
    return _place_of(root, draft) or ()


def _place_of(draft: Tree, wanted: Tree) -> Place | None:
    """Return where a draft stands."""
    if draft is wanted:
        return ()
    for number, item in enumerate(draft.get("items", [])):
        inside = _place_of(item, wanted)
        if inside is not None:
            return (number, *inside)
    return None


def _depth(draft: Tree) -> int:
    """Return how many floors of groups a part has."""
    if draft["kind"] != "group":
        return 0
    return 1 + max((_depth(item) for item in draft["items"]), default=0)


MOVES: dict[str, Callable[[Tree, Place], Place]] = {
    "leaf": add_leaf,
    "group": add_group,
    "drop": drop,
    "wrap": wrap,
    "unwrap": unwrap,
    "negate": negate,
    "up": up,
    "down": down,
    "show": lambda root, place: place,  # noqa: ARG005 another kind, quiz or question was chosen
}
