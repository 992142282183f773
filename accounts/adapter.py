from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are opened by administrators only."""

    def is_open_for_signup(self, request) -> bool:
        return False

    def set_password(self, user, password) -> None:
        """The user has chosen a password of their own: the one an administrator gave is over."""
        user.password_change_due = False
        super().set_password(user, password)
