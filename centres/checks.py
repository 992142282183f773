"""Refuses to start with a role that has no row in the table."""

from django.core.checks import Error, register

from .roles import ROLE_ORGANISATIONS, ROLE_RIGHTS, Role


@register()
def roles_are_whole(app_configs, **kwargs):
    return [
        Error(f"Role {role} has no row in ROLE_RIGHTS or ROLE_ORGANISATIONS", id="centres.E001")
        for role in Role
        if role not in ROLE_RIGHTS or role not in ROLE_ORGANISATIONS
    ]
