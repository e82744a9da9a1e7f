"""The log is added to and nothing else, as the database itself holds it.

It refuses to change or delete a row, whoever asks and in whatever way, until somebody who
owns the database lifts the rules (``manage.py shorten_log`` does, and logs it). SQLite loses
a table's triggers when a later migration rebuilds it: such a migration ends with
``install_log_rules``.
"""

REFUSAL = "the log of who did what is only ever added to"

# What holds it, by the triggers' names.
RULES = {
    "postgresql": ["log_is_only_added_to"],
    "sqlite": [f"log_is_only_added_to_{event}" for event in ("update", "delete", "insert")],
}

INSTALL = {
    "postgresql": [
        f"""
        CREATE OR REPLACE FUNCTION log_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """,
        """
        CREATE OR REPLACE TRIGGER log_is_only_added_to
        BEFORE UPDATE OR DELETE OR TRUNCATE ON authors_loggedact
        FOR EACH STATEMENT EXECUTE FUNCTION log_is_only_added_to()
        """,
    ],
    "sqlite": [
        f"""
        CREATE TRIGGER IF NOT EXISTS log_is_only_added_to_{event}
        BEFORE {event} ON authors_loggedact {when}
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
        """
        for event, when in {
            "update": "",
            "delete": "",
            # INSERT OR REPLACE deletes a row without asking the triggers of deletion.
            "insert": "WHEN EXISTS (SELECT 1 FROM authors_loggedact WHERE id = NEW.id)",
        }.items()
    ],
}
LIFT = {
    "postgresql": ["DROP TRIGGER IF EXISTS log_is_only_added_to ON authors_loggedact"],
    "sqlite": [f"DROP TRIGGER IF EXISTS {name}" for name in RULES["sqlite"]],
}


def install_log_rules(connection):
    """Have the database refuse changes of what is logged; again, if it does already."""
    with connection.cursor() as cursor:
        for statement in INSTALL[connection.vendor]:
            cursor.execute(statement)


def lift_log_rules(connection):
    """Let rows of the log be deleted until the rules are installed again."""
    with connection.cursor() as cursor:
        for statement in LIFT[connection.vendor]:
            cursor.execute(statement)
