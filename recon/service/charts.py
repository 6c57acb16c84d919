"""The chart that a use case books by: seen to be whole before anything is written (A-19)."""

from recon.ledger.chart import Chart, chart_of, unusable
from recon.model.settings import Settings
from recon.service.answers import Refused


def chart_to_book(settings: Settings) -> Chart:
    """The chart in force. Raises Refused, at the start of a run and not at the posting that would need the account,
    where any account is missing or stands for two things. Taking back needs none: it uses the accounts of the entry."""
    found = unusable(settings)
    if found:
        raise Refused(*found)
    return chart_of(settings)
