"""Nothing typed is lost when a session ends (docs/decisions/0044).

Every form says, sealed by a signature, for which account its page was made. A form that arrives too late – the session is over, or its
token is from before a new sign-in – is sealed and laid into the session of that browser; the same account gets it back, in the form it
was typed in, at its next look at that page. Another account gets nothing, and what it was is then thrown away."""

from .keeping import FIELD, account_of, keep, marker, typed_names

__all__ = ["FIELD", "account_of", "keep", "marker", "typed_names"]
