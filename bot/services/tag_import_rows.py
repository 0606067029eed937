"""The rows of a file of user ids and tags: read, and looked through for what cannot be carried out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from bot.errors import FieldFault, InvalidInputError
from bot.rules.sheets import Row
from bot.rules.tag_columns import ACTION_HEADS, ID_HEADS, PUTS, TAG_HEADS, TAKES
from bot.services import tag_names
from models import RowOutcome, TagAction
from models.friend import is_line_user_id

MOST_TAGS = 200  # different ones in one file; more are a column of something else
LONGEST_CELL = 100
SHOWN_OF_CELL = 60
ACTIONS = dict.fromkeys(PUTS, TagAction.PUT) | dict.fromkeys(TAKES, TagAction.TAKE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What one row asks for, and whether it can be done."""

    number: int
    cells: tuple[str, ...]
    line_user_id: str
    tag: str | None  # None: the tags of all rows
    action: TagAction
    outcome: RowOutcome
    earlier: int | None = None


@dataclass(frozen=True)
class Columns:
    """Where a file keeps what; None for what it does not keep."""

    user_id: int = 0
    tag: int | None = None
    action: int | None = None


@dataclass
class _Seen:
    rows: dict[tuple[str, str | None], tuple[int, TagAction]] = field(default_factory=dict)


def examine(rows: Sequence[Row], *, has_tags: bool, tags_of_all: bool, action: TagAction) -> list[Asked]:
    """Return what each row below the head asks for.

    With `has_tags` the file names tags, and perhaps actions, itself; else its first column alone counts. `tags_of_all`
    says that there are tags for rows that name none. Raises InvalidInputError at `file` if it names too many tags.
    """
    columns, has_head = _columns(rows[0], has_tags=has_tags)
    seen = _Seen()
    found = [_examined(row, columns, tags_of_all, action, seen) for row in (rows[1:] if has_head else rows)]
    if not found:
        raise InvalidInputError([FieldFault("file", "檔案裡沒有任何資料。")])
    if len(names_in(found)) > MOST_TAGS:
        text = "標籤欄裡有超過 %(most)s 種內容，請確認選對了檔案。"
        raise InvalidInputError([FieldFault("file", text, (("most", MOST_TAGS),))])
    return found


def names_in(asked: Iterable[Asked]) -> list[str]:
    """Return the names of tags that rows name, each once, in their order."""
    return list(dict.fromkeys(one.tag for one in asked if one.tag is not None and one.outcome is RowOutcome.READY))


def _columns(first: Row, *, has_tags: bool) -> tuple[Columns, bool]:
    """Return where the file keeps what; its head says so, if it has one."""
    heads = [first.text(column).casefold().lstrip("\ufeff") for column in range(len(first.cells))]
    places = {
        name: next((place for place, head in enumerate(heads) if head in known), None)
        for name, known in (("id", ID_HEADS), ("tag", TAG_HEADS), ("action", ACTION_HEADS))
    }
    if not any(place is not None for place in places.values()):
        return (Columns(0, 1, 2) if has_tags else Columns(0)), False
    user_id = places["id"] or 0
    return (Columns(user_id, places["tag"], places["action"]) if has_tags else Columns(user_id)), True


def _examined(row: Row, columns: Columns, tags_of_all: bool, action: TagAction, seen: _Seen) -> Asked:
    places = [place for place in (columns.user_id, columns.tag, columns.action) if place is not None]
    cells = tuple(row.text(place)[: SHOWN_OF_CELL + 1] for place in places)
    user_id = row.text(columns.user_id)
    asked = Asked(row.number, cells, user_id, None, action, RowOutcome.READY)
    fault = _fault_of_id(row, columns.user_id)
    if fault is not None:
        return replace(asked, line_user_id="", outcome=fault)
    if columns.action is not None and row.text(columns.action):
        chosen = ACTIONS.get(row.text(columns.action).casefold())
        if chosen is None:
            return replace(asked, outcome=RowOutcome.BAD_ACTION)
        asked = replace(asked, action=chosen)
    asked = _with_tag(asked, "" if columns.tag is None else row.text(columns.tag), tags_of_all)
    return _compared(asked, seen) if asked.outcome is RowOutcome.READY else asked


def _fault_of_id(row: Row, column: int) -> RowOutcome | None:
    user_id = row.text(column)
    if not user_id:
        return RowOutcome.BLANK
    if row.is_number(column):
        return RowOutcome.NUMBER
    if len(user_id) > LONGEST_CELL:
        return RowOutcome.TOO_LONG
    return None if is_line_user_id(user_id) else RowOutcome.NOT_AN_ID


def _with_tag(asked: Asked, name: str, tags_of_all: bool) -> Asked:
    if not name:
        return asked if tags_of_all else replace(asked, outcome=RowOutcome.NO_TAG)
    if len(name) > LONGEST_CELL:
        return replace(asked, outcome=RowOutcome.TOO_LONG)
    try:
        return replace(asked, tag=tag_names.checked(name, "tag"))
    except InvalidInputError:
        too_long = len(name) > tag_names.LONGEST_NAME
        return replace(asked, outcome=RowOutcome.TOO_LONG if too_long else RowOutcome.BAD_TAG)


def _compared(asked: Asked, seen: _Seen) -> Asked:
    """Mark a row that an earlier one has said, or gainsaid."""
    number, action = seen.rows.setdefault((asked.line_user_id, asked.tag), (asked.number, asked.action))
    if number == asked.number:
        return asked
    outcome = RowOutcome.DUPLICATE if action is asked.action else RowOutcome.CONTRADICTION
    return replace(asked, outcome=outcome, earlier=number)
