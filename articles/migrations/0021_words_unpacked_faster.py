from django.db import migrations

# A server may be built without lz4.
SQL = """
DO $$ BEGIN
    IF EXISTS (
        SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)
    ) THEN
        ALTER TABLE articles_indexededition ALTER COLUMN words SET COMPRESSION {};
    END IF;
END $$
"""


def compress_by(method):
    def alter(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(SQL.format(method))

    return alter


class Migration(migrations.Migration):
    """Have PostgreSQL pack words by lz4: a search for a phrase unpacks up to a thousand stories'.

    It holds for what comes in from now on; ``manage.py index_stories`` packs all anew.
    """

    dependencies = [("articles", "0020_latest_of_an_uploader")]

    operations = [migrations.RunPython(compress_by("lz4"), compress_by("DEFAULT"))]
