"""Replaces the token of an open connection, whose permissions last as long as the token."""

from dataclasses import dataclass

from domain.authorization import require_connection
from domain.due import next_check_at
from domain.errors import ForbiddenError, UnavailableError
from domain.events import TokenRefreshed
from domain.ports import Clock, ConditionFailed, Connections, TokenVerifier
from domain.settings import Settings
from domain.tokens import TokenRules


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """Verifies the token, which must be of the same subject: a connection has one user."""

    connections: Connections
    verifier: TokenVerifier
    rules: TokenRules
    settings: Settings
    clock: Clock

    def __call__(self, connection_id: str, token: str) -> TokenRefreshed:
        """Record the token; return its expiry.

        Raises UnauthorizedError, TokenExpiredError, and ForbiddenError for another subject's token, or on an
        anonymous connection.
        """
        now = self.clock()
        identity = self.rules.identity(self.verifier.claims(token), now)
        connection = require_connection(self.connections.get(connection_id))
        if connection.subject != identity.subject:
            raise ForbiddenError(
                "The token is of another user than the connection; open a new connection with it."
            )
        due_at = next_check_at(
            self.settings,
            active_at=now,
            connected_at=connection.connected_at,
            token_expires_at=identity.expires_at,
            notified=connection.refresh_notified_at is not None,
        )
        try:
            self.connections.set_token(
                connection_id, subject=identity.subject, expires_at=identity.expires_at, due_at=due_at
            )
        except ConditionFailed as failed:
            raise UnavailableError(
                "The connection was closed during the request.", retry_after=None
            ) from failed
        return TokenRefreshed(identity.expires_at)
