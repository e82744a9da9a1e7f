"""Notes for the page cache that the database makes itself.

Names, profiles, pictures and front pages are changed on many ways: forms, merging of tags,
commands. Whichever it is, the row's trigger notes the tags of ``articles.page_tags``.
"""

# Of each table, what is noted when a row of it is written or deleted: an SQL expression of the
# tag, and one of the moment from which on (NULL: at once). "row" stands for the row.
ALWAYS = ("INSERT", "UPDATE", "DELETE")
RULES = {
    "authors_author": (ALWAYS, ["'author:' || row.id", "'authors'"], "NULL"),
    "authors_profilelink": (ALWAYS, ["'author:' || row.author_id"], "NULL"),
    "articles_section": (ALWAYS, ["'sections'"], "NULL"),
    "articles_series": (ALWAYS, ["'series:' || row.id", "'series'"], "NULL"),
    "articles_tag": (("UPDATE", "DELETE"), ["'tag:' || row.id", "'tags'"], "NULL"),
    "articles_image": (("UPDATE", "DELETE"), ["'image:' || row.id", "'images'"], "NULL"),
    "articles_frontpage": (ALWAYS, ["'picks'"], "row.live_from"),
    "articles_frontpagepick": (
        ALWAYS,
        ["'picks'"],
        "(SELECT live_from FROM articles_frontpage WHERE id = row.front_page_id)",
    ),
}
# What versions before articles.0023 want: of two tags that were merged, four notes for each story.
FORMER_RULES = {
    "articles_editiontag": (("UPDATE", "DELETE"), ["'tagged:' || row.tag_id", "'stories'"], "NULL"),
}
# A row that is updated counts as what it was and as what it is.
ROWS = {"INSERT": ["NEW"], "UPDATE": ["OLD", "NEW"], "DELETE": ["OLD"]}


def triggers(rules=RULES):
    """Yield (name, table, event) of each trigger."""
    for table, (events, _tags, _moment) in rules.items():
        for event in events:
            yield f"page_change_{table}_{event.lower()}", table, event


def install_page_change_rules(apps, schema_editor, rules=RULES):
    """Install the triggers, or install them anew; for ``RunPython``."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        for name, table, event in triggers(rules):
            _events, tags, moment = rules[table]
            notes = "".join(
                f"INSERT INTO articles_pagechange (tag, at) VALUES ({tag}, {moment}); ".replace(
                    "row.", f"{row}."
                )
                for row in ROWS[event]
                for tag in tags
            )
            for statement in CREATE[connection.vendor]:
                cursor.execute(statement.format(name=name, table=table, event=event, notes=notes))


CREATE = {
    "postgresql": [
        "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN {notes} RETURN NULL; END $$",
        "DROP TRIGGER IF EXISTS {name} ON {table}",
        "CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ],
    "sqlite": [
        "DROP TRIGGER IF EXISTS {name}",
        "CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW BEGIN {notes} END",
    ],
}


def remove_page_change_rules(apps, schema_editor, rules=RULES | FORMER_RULES):
    """Remove the triggers; for ``RunPython``'s way back."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        for name, _table, _event in triggers(rules):
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP FUNCTION IF EXISTS {name}() CASCADE")
            else:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
