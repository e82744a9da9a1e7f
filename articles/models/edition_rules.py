"""The rules of an edition's interval, as the database itself holds them.

* At most one edition of an article is live at any moment.
* Nothing of an edition changes but ``live_until``, and that only while the time
  it held is still ahead: what readers saw cannot be made to have been otherwise.
  (``fingerprint`` may change too: it is a digest, which readers do not see, and
  merging two tags makes it anew.)

PostgreSQL says the first with an exclusion constraint; SQLite, which has one
writer at a time, with a trigger. SQLite loses a table's triggers when a later
migration rebuilds it: such a migration ends with ``install_edition_rules``.
"""

OVERLAP = "two editions of one article would be live at once"
IMMUTABLE = "an edition is a record: only live_until changes, and only while it is ahead"

# What holds them, by name: triggers and a constraint.
RULES = {
    "postgresql": ["edition_one_live_at_a_time", "edition_is_record"],
    "sqlite": ["edition_one_live_insert", "edition_one_live_update", "edition_is_record"],
}

POSTGRESQL = f"""
ALTER TABLE articles_edition DROP CONSTRAINT IF EXISTS edition_one_live_at_a_time;
ALTER TABLE articles_edition ADD CONSTRAINT edition_one_live_at_a_time EXCLUDE USING gist (
    int8range(article_id, article_id, '[]') WITH &&,
    tstzrange(live_from, live_until) WITH &&
);
CREATE OR REPLACE FUNCTION edition_is_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - '{{live_until,fingerprint}}'::text[]
          IS DISTINCT FROM to_jsonb(OLD) - '{{live_until,fingerprint}}'::text[]
       OR (OLD.live_until <= clock_timestamp()
           AND NEW.live_until IS DISTINCT FROM OLD.live_until) THEN
        RAISE EXCEPTION '{IMMUTABLE}' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS edition_is_record ON articles_edition;
CREATE TRIGGER edition_is_record BEFORE UPDATE ON articles_edition
    FOR EACH ROW EXECUTE FUNCTION edition_is_record();
"""

SQLITE_OVERLAP = """
DROP TRIGGER IF EXISTS edition_one_live_{event};
CREATE TRIGGER edition_one_live_{event} BEFORE {event} ON articles_edition
WHEN NEW.live_until IS NULL OR NEW.live_until > NEW.live_from
BEGIN
    SELECT RAISE(ABORT, '{message}') FROM articles_edition AS other
    WHERE other.article_id = NEW.article_id AND other.id IS NOT NEW.id
      AND (other.live_until IS NULL OR other.live_until > other.live_from)
      AND (other.live_until IS NULL OR other.live_until > NEW.live_from)
      AND (NEW.live_until IS NULL OR NEW.live_until > other.live_from);
END;
"""

SQLITE_RECORD = """
DROP TRIGGER IF EXISTS edition_is_record;
CREATE TRIGGER edition_is_record BEFORE UPDATE ON articles_edition
WHEN {changed}
  OR (OLD.live_until <= strftime('%Y-%m-%d %H:%M:%f', 'now')
      AND NEW.live_until IS NOT OLD.live_until)
BEGIN
    SELECT RAISE(ABORT, '{message}');
END;
"""


def install_edition_rules(apps, schema_editor):
    """Install, or install anew, the rules on ``articles_edition``; for ``RunPython``."""
    connection = schema_editor.connection
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(POSTGRESQL)
        return
    edition = apps.get_model("articles", "Edition")
    changed = " OR ".join(
        f"NEW.{field.column} IS NOT OLD.{field.column}"
        for field in edition._meta.local_fields
        if field.name not in {"live_until", "fingerprint"}
    )
    statements = [
        SQLITE_OVERLAP.format(event=event, message=OVERLAP) for event in ("insert", "update")
    ]
    statements.append(SQLITE_RECORD.format(changed=changed, message=IMMUTABLE))
    with connection.cursor() as cursor:
        # The driver's executescript commits first; statement by statement it stays atomic.
        for statement in statements:
            drop, create = statement.split(";\n", 1)
            cursor.execute(drop)
            cursor.execute(create)


def lift_edition_rules(apps, schema_editor):
    """Take away what names the table's columns, so that one can go; for ``RunPython``."""
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER IF EXISTS edition_is_record")
