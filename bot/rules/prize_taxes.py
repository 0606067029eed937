"""Taiwan's income tax on prizes, as dated facts: whoever publishes terms says what holds on that day."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class PrizeTax:
    """What holds for prizes won by chance (機會中獎) from one day to another; amounts in NT$, rates in percent."""

    valid_from: date
    valid_until: date | None  # the last day, None while nothing newer is known
    declared_above: int  # in a year: the giver reports the winner's income
    withheld_above: int  # at once: residents' tax is taken off before the prize is handed over
    resident_percent: int
    non_resident_percent: int  # whatever the amount
    law: str
    url: str
    checked_on: date


TAXES = (
    PrizeTax(
        valid_from=date(2010, 1, 1),
        valid_until=None,
        declared_above=1_000,
        withheld_above=20_000,
        resident_percent=10,
        non_resident_percent=20,
        law="各類所得扣繳率標準",  # articles 2, 3 and 13: tax of up to NT$2,000 at once is not withheld
        url="https://law.moj.gov.tw/LawClass/LawAll.aspx?pcode=G0340028",
        checked_on=date(2026, 1, 20),
    ),
)


def tax_on(day: date) -> PrizeTax | None:
    """Return what holds on a day; None where no row covers it."""
    for tax in TAXES:
        if tax.valid_from <= day and (tax.valid_until is None or day <= tax.valid_until):
            return tax
    return None
