"""What operators do about letters: by the functions of the commands `resend`, `withdraw`, `redirect` and `bounce`."""

from __future__ import annotations

from collections.abc import Sequence

from kybaocao.console.scope import Scope
from kybaocao.stages.support.letters import Letter, LetterError, redirect_letter, resend_letter, withdraw_letter
from kybaocao.store.bounces import forget_bounce

BULK_LIMIT = 500  # letters of one action: each is a transaction of its own


def resend_one(scope: Scope, number: int, reason: str) -> Letter:
    """Try a letter again at once. Raises LetterError."""
    scope.p.store.upgrade()
    return resend_letter(scope.p, number, by=scope.account.name, reason=reason)


def withdraw_one(scope: Scope, number: int, reason: str) -> Letter:
    """Give a letter up. Raises LetterError."""
    scope.p.store.upgrade()
    return withdraw_letter(scope.p, number, by=scope.account.name, reason=reason)


def redirect_one(scope: Scope, number: int, address: str, instead_of: str, reason: str) -> Letter:
    """Send a letter to another address; `instead_of` "": for all who have not got it. Raises LetterError."""
    scope.p.store.upgrade()
    return redirect_letter(
        scope.p, number, address.strip(), by=scope.account.name, reason=reason, instead_of=instead_of.strip() or None
    )


def resend_all(scope: Scope, numbers: Sequence[int], reason: str) -> tuple[int, list[str]]:
    """(how many are tried again, why each of the others is not). At most BULK_LIMIT of them."""
    scope.p.store.upgrade()
    done, failed = 0, list[str]()
    for number in numbers[:BULK_LIMIT]:
        try:
            resend_letter(scope.p, number, by=scope.account.name, reason=reason)
        except LetterError as error:
            failed.append(str(error))
        else:
            done += 1
    return done, failed


def forget_dead_address(scope: Scope, address: str, reason: str) -> bool:
    """The mailbox works again; False when nothing was recorded against it (any more)."""
    scope.p.store.upgrade()
    with scope.p.store.write() as connection:
        return forget_bounce(
            connection,
            address.strip(),
            at=scope.p.as_of,
            reported_by=scope.account.name,
            reason=reason,
            cycle=scope.p.cycle.id,
        )
