"""Ranges of one value, so that a key can stand in a GiST exclusion without an extension (docs/decisions/0007)."""

from django.contrib.postgres.fields import BigIntegerRangeField
from django.db.models import Func


class KeyRange(Func):
    """A one-value range of a key: makes `key =` possible in a GiST exclusion without the btree_gist extension.

    Takes the name of the relation ("bed", not "bed_id"): only that is replaced by the value when a form is validated."""

    template = "int8range((%(expressions)s)::bigint, (%(expressions)s)::bigint, '[]')"
    output_field = BigIntegerRangeField()
    arity = 1

    def as_sql(self, compiler, connection, **context):  # type: ignore[override]
        sql, params = super().as_sql(compiler, connection, **context)
        return sql, (*params, *params)  # the expression stands in the template twice
