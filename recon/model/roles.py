"""Who may do what: roles of users, actions, and the one table between them (requirements.md 1.7, V-02).

The table is kept by ``recon.service.context``, through which every use case goes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from recon.model.finding import Finding, error


@unique
class UserRole(StrEnum):
    """What a user is. ``job`` is a program that runs by itself: it brings in and books what is certain, but decides
    nothing and lets nothing out of the house."""

    VIEWER = "viewer"
    JOB = "job"
    ACCOUNTANT = "accountant"
    TREASURER = "treasurer"
    SUPERVISOR = "supervisor"


@unique
class Action(StrEnum):
    """What a use case does to the books. ``read`` is everything that leaves them as they are: lists, reports,
    previews, explanations."""

    READ = "read"
    VERIFY = "verify"
    IMPORT_STATEMENTS = "import_statements"
    IMPORT_ITEMS = "import_items"
    IMPORT_MANDATES = "import_mandates"
    CHANGE_MANDATES = "change_mandates"
    ACCEPT_GAP = "accept_gap"
    REMOVE_STATEMENTS = "remove_statements"
    MATCH = "match"
    CONFIRM = "confirm"
    REJECT = "reject"
    UNDO = "undo"
    COLLECT = "collect"
    ANNOUNCE_DEBITS = "announce_debits"
    RELEASE_DEBITS = "release_debits"
    EXPORT_DEBITS = "export_debits"
    SUBMIT_DEBITS = "submit_debits"
    CANCEL_DEBITS = "cancel_debits"
    DECIDE_RETURNS = "decide_returns"
    REFUND = "refund"
    RELEASE_REFUNDS = "release_refunds"
    EXPORT_REFUNDS = "export_refunds"
    SUBMIT_REFUNDS = "submit_refunds"
    CANCEL_REFUNDS = "cancel_refunds"
    PREPARE_NOTICES = "prepare_notices"
    ISSUE_NOTICES = "issue_notices"
    CANCEL_NOTICES = "cancel_notices"
    BLOCK = "block"
    RECORD_COMPLAINTS = "record_complaints"
    RECORD_CALLS = "record_calls"
    CLOSE_DAY = "close_day"
    CLOSE_PERIOD = "close_period"
    OVERRIDE = "override"
    REOPEN = "reopen"
    EXPORT_BOOKS = "export_books"
    SET_REFERENCES = "set_references"
    SET_DUNNING_DAYS = "set_dunning_days"
    SET_TEXTS = "set_texts"
    SEND_MAIL = "send_mail"
    SET_UP = "set_up"


@dataclass(frozen=True, slots=True)
class User:
    """A user of the settings. ``name`` is the actor of a command, letter for letter."""

    name: str
    role: UserRole


_EVERYBODY: Final = frozenset(UserRole)
_SUPERVISOR: Final = frozenset({UserRole.SUPERVISOR})
_BOOKS: Final = _SUPERVISOR | {UserRole.ACCOUNTANT}
_MONEY: Final = _SUPERVISOR | {UserRole.TREASURER}
_BRINGS_IN: Final = _BOOKS | {UserRole.JOB}

# Who decides what customers owe (accountant) takes no money from their accounts, and who takes it (treasurer) decides
# nothing of what they owe. What loosens a rule of the books is the supervisor's: settings, overriding, reopening.
ACTIONS: Final[Mapping[Action, frozenset[UserRole]]] = {
    Action.READ: _EVERYBODY,
    Action.VERIFY: _EVERYBODY,
    Action.IMPORT_STATEMENTS: _BRINGS_IN | _MONEY,
    Action.IMPORT_ITEMS: _BRINGS_IN,
    Action.IMPORT_MANDATES: _BRINGS_IN | _MONEY,
    Action.CHANGE_MANDATES: _MONEY,
    Action.ACCEPT_GAP: _BOOKS,
    Action.REMOVE_STATEMENTS: _BOOKS,
    Action.MATCH: _BRINGS_IN,
    Action.CONFIRM: _BOOKS,
    Action.REJECT: _BOOKS,
    Action.UNDO: _BOOKS,
    Action.COLLECT: _MONEY,
    Action.ANNOUNCE_DEBITS: _BOOKS | _MONEY,
    Action.RELEASE_DEBITS: _MONEY,
    Action.EXPORT_DEBITS: _MONEY,
    Action.SUBMIT_DEBITS: _MONEY,
    Action.CANCEL_DEBITS: _MONEY,
    # Whether a claim is presented again is agreed with the customer; the money is taken by a batch, which is another's.
    Action.DECIDE_RETURNS: _BOOKS | _MONEY,
    Action.REFUND: _MONEY,
    Action.RELEASE_REFUNDS: _MONEY,
    Action.EXPORT_REFUNDS: _MONEY,
    Action.SUBMIT_REFUNDS: _MONEY,
    Action.CANCEL_REFUNDS: _MONEY,
    Action.PREPARE_NOTICES: _BRINGS_IN,
    Action.ISSUE_NOTICES: _BOOKS,
    Action.CANCEL_NOTICES: _BOOKS,
    Action.BLOCK: _BOOKS,
    # What a customer has said to somebody: a program has heard nothing.
    Action.RECORD_COMPLAINTS: _BOOKS,
    Action.RECORD_CALLS: _BOOKS,
    Action.CLOSE_DAY: _BOOKS,
    Action.CLOSE_PERIOD: _BOOKS,
    Action.OVERRIDE: _SUPERVISOR,
    Action.REOPEN: _SUPERVISOR,
    Action.EXPORT_BOOKS: _BOOKS,
    Action.SET_REFERENCES: _BOOKS,
    Action.SET_DUNNING_DAYS: _BOOKS,
    Action.SET_TEXTS: _BOOKS,
    Action.SEND_MAIL: _BOOKS,
    Action.SET_UP: _SUPERVISOR,
}


def refusal(users: Sequence[User], actor: str, action: Action) -> Finding | None:
    """Why an actor may not do something, or ``None`` where he may.

    Settings without users let everybody do everything (a small office). With users, who is not one of them may do
    nothing, not even look.
    """
    if not users:
        return None
    role = next((user.role for user in users if user.name == actor), None)
    if role is None:
        return error("actor-unknown", actor, name=actor, action=action)
    if role not in ACTIONS[action]:
        may = ", ".join(one for one in UserRole if one in ACTIONS[action])
        return error("not-permitted", actor, name=actor, role=role, action=action, roles=may)
    return None
