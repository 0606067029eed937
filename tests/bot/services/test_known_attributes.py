"""What staff are offered where they write conditions over attributes."""

from bot.database import Database
from bot.services import known_attributes
from bot.services.known_attributes import KnownAttribute
from tests.factories import make_friend
from tests.quiz_factories import free, make_quiz


def test_attributes_are_offered_with_their_usual_values_and_kind(db: Database) -> None:
    with db.begin() as session:
        for number in range(40):
            make_friend(
                session,
                number + 1,
                attributes={
                    "gender": "female" if number % 3 else "male",
                    "children": number % 2,
                    "member": number % 2 == 0,
                    "phone": f"+8869{number:08}",
                },
            )
        make_quiz(session, free("born", "date", "寶寶的生日？", attribute="baby_birthday"), name="生日")
    with db() as session:
        assert known_attributes.list_known(session) == [
            KnownAttribute("baby_birthday", "", ()),
            KnownAttribute("children", "number", ("1", "0")),
            KnownAttribute("gender", "", ("female", "male")),
            KnownAttribute("member", "yes", ()),
            KnownAttribute("phone", "", ()),
        ]
