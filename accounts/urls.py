"""Only the pages of allauth that Sira uses: no self-registration, no reset by e-mail."""

from allauth.account import views as account
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.generic import TemplateView

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/reset/", login_not_required(TemplateView.as_view(template_name="account/password_reset.html")), name="account_reset_password"),
    path("2fa/", include("allauth.mfa.urls")),
]
