from tests.samples import Sample

from .factories import make_access_request, make_account, make_posting, make_waiting_posting


def _account(centre):
    return {"pk": make_account().pk}


SAMPLES: dict[str, Sample] = {
    "administration:users": Sample(),
    "administration:new_user": Sample(),
    "administration:user": Sample(kwargs=_account),
    "administration:edit_user": Sample(kwargs=_account),
    "administration:deactivate": Sample(kwargs=_account, data={"reason": "départ de la structure"}),
    "administration:reactivate": Sample(kwargs=_account),
    "administration:reset_password": Sample(kwargs=_account),
    "administration:reset_second_factor": Sample(kwargs=_account, data={"reason": "téléphone perdu"}),
    "administration:my_token": Sample(),
    "administration:revoke_token": Sample(kwargs=_account),
    "administration:new_posting": Sample(kwargs=_account),
    "administration:end_posting": Sample(kwargs=lambda centre: {"pk": make_posting(centre).pk}),
    "administration:waiting": Sample(),
    "administration:confirm_posting": Sample(kwargs=lambda centre: {"pk": make_waiting_posting().pk}),
    "administration:confirm_access": Sample(kwargs=lambda centre: {"pk": make_access_request(centre).pk}),
    "administration:refuse_access": Sample(kwargs=lambda centre: {"pk": make_access_request(centre).pk}),
    "administration:my_staff": Sample(),
    "administration:staff": Sample(kwargs=lambda centre: {"code": centre.code}, data={"username": "agent.gao"}),
    "administration:unpost": Sample(kwargs=lambda centre: {"code": centre.code, "pk": make_posting(centre).pk}),
    "administration:reads": Sample(),
    "administration:reads_export": Sample(),
    "administration:changes": Sample(),
    "administration:changes_export": Sample(),
    "administration:emergencies": Sample(),
    "administration:chain": Sample(),
}
