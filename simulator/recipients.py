"""Sets of people, small enough to keep one for every request of a large push."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator


class Recipients:
    """People by index, sorted: four bytes each."""

    __slots__ = ("_indexes",)

    def __init__(self, indexes: Iterable[int] = ()) -> None:
        self._indexes = array("I", sorted(indexes))

    def __len__(self) -> int:
        return len(self._indexes)

    def __iter__(self) -> Iterator[int]:
        return iter(self._indexes)

    def __contains__(self, index: int) -> bool:
        place = bisect_left(self._indexes, index)
        return place < len(self._indexes) and self._indexes[place] == index


NOBODY = Recipients()
