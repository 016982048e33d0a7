"""A newer token on an open connection: its rights last as long as that token."""

from dataclasses import dataclass

from domain.authorization import any_connection
from domain.due import connection_due
from domain.errors import ForbiddenError, UnavailableError
from domain.ports import Clock, Connections, Message, RateLimits, Refused, TokenVerifier
from domain.rate_limits import LimitRules, take
from domain.settings import Settings
from domain.tokens import TokenRules
from wire.replies import token_refreshed


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """Verified afresh, and of the same subject: a connection never changes hands."""

    connections: Connections
    rate_limits: RateLimits
    verifier: TokenVerifier
    rules: TokenRules
    settings: Settings
    clock: Clock

    def __call__(self, connection_id: str, token: str) -> Message:
        """Reply tokenRefreshed.

        Raises UnauthorizedError, TokenExpiredError, and ForbiddenError for another subject's token, or on an
        anonymous connection.
        """
        now = self.clock()
        take(self.rate_limits, LimitRules(self.settings.limits).requests_of(connection_id, now), now)
        identity = self.rules.identity(self.verifier.claims(token), now)
        connection = any_connection(self.connections.get(connection_id))
        if connection.subject != identity.subject:
            raise ForbiddenError("The token is of another user than the connection; connect with it.")
        due_at = connection_due(
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
        except Refused as refused:
            raise UnavailableError("The connection was closed meanwhile.", retry_after=None) from refused
        return token_refreshed(identity.expires_at)
