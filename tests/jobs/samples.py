import uuid

from tests.samples import Sample

from .factories import make_job


def _somebody_elses(centre):
    """Asked for by an account the matrix does not walk with; what one may do with one's own: test_job.py."""
    return {"pk": make_job("steering.mme").pk}


SAMPLES = {
    "jobs:list": Sample(),
    "jobs:job": Sample(kwargs=_somebody_elses),
    "jobs:file": Sample(kwargs=_somebody_elses),
    "jobs:cancel": Sample(kwargs=_somebody_elses),
    "jobs:retry": Sample(kwargs=_somebody_elses, data={"id": str(uuid.uuid4())}),
}
