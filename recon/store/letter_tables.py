"""The table of what dunning letters say: written once, when the notice is issued, and never changed (decision 28)."""

from sqlalchemy import UniqueConstraint

from recon.store.describing import day, link, table, text

letters = table(
    "letters",
    link("notice_id", "notices"),
    # The letter as JSON (``recon.dunning.letter.Letter``), and the SHA-256 of it.
    text("content", required=True),
    text("sha256", required=True),
    # The layout that it was made for.
    text("version", required=True),
    day("made_on", required=True),
    UniqueConstraint("notice_id"),
)
