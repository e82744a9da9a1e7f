import pytest


@pytest.fixture(autouse=True)
def plain_static_files_and_own_media(settings, tmp_path):
    """Tests need no collectstatic, and no test finds another's uploads."""
    settings.MEDIA_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
