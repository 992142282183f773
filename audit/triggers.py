"""The change history of a table, declared on its model: `class Meta: triggers = [audited()]`."""

import pgtrigger


def audited(*, leave_out: tuple[str, ...] = ()) -> pgtrigger.Trigger:
    """Writes each insert, update and delete of the table into `audit_change`, whoever made it and by whatever way.

    `leave_out` names columns whose content must not be copied (secrets, derived search keys)."""
    fields = ", ".join(f"'{name}'" for name in leave_out)
    return pgtrigger.Trigger(
        name="audited",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=f"PERFORM audit_write(TG_TABLE_NAME, TG_OP, to_jsonb(OLD), to_jsonb(NEW), ARRAY[{fields}]::text[]); RETURN NULL;",
    )
