"""Who is a friend follows from the newest evidence, in whatever order and number it arrives."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules.rosters import Evidence, Friendship, is_superseded, weigh
from models import FriendProof, FriendState
from tests.conftest import NOW

KINDS = [
    (True, FriendProof.FOLLOW_EVENT),
    (False, FriendProof.UNFOLLOW_EVENT),
    (True, FriendProof.FOLLOWER_LIST),
    (False, FriendProof.FOLLOWER_LIST),
    (True, FriendProof.LOGIN),
]
evidence = st.builds(
    lambda kind, second: Evidence(is_friend=kind[0], at=NOW + timedelta(seconds=second), proof=kind[1]),
    st.sampled_from(KINDS),
    st.integers(0, 5),
)


def believe(*pieces: Evidence) -> Friendship:
    known = Friendship()
    for piece in pieces:
        known = weigh(known, piece)
    return known


@settings(max_examples=3000, deadline=None)
@given(st.lists(evidence, min_size=1, max_size=7), st.randoms(use_true_random=False), st.data())
def test_any_order_and_any_repetition_ends_in_the_state_of_the_newest(pieces, random, data) -> None:  # type: ignore[no-untyped-def]
    arrivals = pieces + data.draw(st.lists(st.sampled_from(pieces), max_size=5))
    random.shuffle(arrivals)

    known = believe(*arrivals)

    newest = max(piece.at for piece in pieces)
    at_the_end = [piece.is_friend for piece in pieces if piece.at == newest]
    assert known.state is (FriendState.FOLLOWING if all(at_the_end) else FriendState.NOT_FOLLOWING)
    assert known.state_at == newest
    in_order = believe(*sorted(pieces, key=lambda piece: piece.at))
    assert replace(known, proof=None) == replace(in_order, proof=None)
    assert known.followed_at == in_order.followed_at


def test_at_equal_times_the_unfollow_wins() -> None:
    follow = Evidence(is_friend=True, at=NOW, proof=FriendProof.FOLLOW_EVENT)
    unfollow = Evidence(is_friend=False, at=NOW, proof=FriendProof.UNFOLLOW_EVENT)

    assert believe(follow, unfollow).state is FriendState.NOT_FOLLOWING
    assert believe(unfollow, follow).state is FriendState.NOT_FOLLOWING
    assert is_superseded(believe(unfollow), NOW)


def test_an_import_gives_way_to_older_word_of_lines() -> None:
    imported = Friendship(state=FriendState.FOLLOWING, state_at=NOW, proof=FriendProof.IMPORTED)
    blocked = Evidence(is_friend=False, at=NOW - timedelta(days=3), proof=FriendProof.UNFOLLOW_EVENT)

    assert weigh(imported, blocked).state is FriendState.NOT_FOLLOWING


def test_the_friendship_that_began_before_a_block_does_not_count_again_after_a_listing() -> None:
    def at(second: int) -> Evidence:
        return Evidence(is_friend=True, at=NOW + timedelta(seconds=second), proof=FriendProof.FOLLOWER_LIST)

    follow = Evidence(is_friend=True, at=NOW, proof=FriendProof.FOLLOW_EVENT)
    unfollow = Evidence(is_friend=False, at=NOW + timedelta(seconds=1), proof=FriendProof.UNFOLLOW_EVENT)

    known = believe(follow, unfollow, at(2))

    assert known.state is FriendState.FOLLOWING
    assert known.followed_at is None
