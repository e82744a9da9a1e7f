from django.db import migrations

from articles.search import indexing


def index_anew(apps, schema_editor):
    """Have the words in PostgreSQL's index bear their eras (articles.search.postgresql).

    What the older version takes in meanwhile, ``manage.py index_stories --older`` takes in anew.
    Back at the older version, its own ``manage.py index_stories`` does the like.
    """
    indexing.renew(apps)


class Migration(migrations.Migration):
    dependencies = [("articles", "0018_web_addresses")]

    operations = [migrations.RunPython(index_anew, migrations.RunPython.noop)]
