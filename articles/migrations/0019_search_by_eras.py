from django.db import migrations

from articles.search import indexing


def index_anew(apps, schema_editor):
    """Have the words in PostgreSQL's index bear their eras (articles.search.postgresql).

    Back at an older version, its own ``manage.py index_stories`` does the like.
    """
    if schema_editor.connection.vendor == "postgresql":
        apps.get_model("articles", "IndexedEdition").objects.all().delete()
        indexing.fill(apps)


class Migration(migrations.Migration):
    dependencies = [("articles", "0018_web_addresses")]

    operations = [migrations.RunPython(index_anew, migrations.RunPython.noop)]
