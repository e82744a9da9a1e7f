from django.db import migrations


class Migration(migrations.Migration):
    """The admin's own log has an index of all rows of a model, and none of one row's."""

    dependencies = [
        ("authors", "0006_names_in_order"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX admin_log_of_a_row ON django_admin_log (content_type_id, object_id)",
            "DROP INDEX admin_log_of_a_row",
        ),
    ]
