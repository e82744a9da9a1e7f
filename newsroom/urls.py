"""Every address of the newsroom: the readers' site and the desk."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

admin.site.site_header = admin.site.site_title = settings.NEWSROOM_NAME

urlpatterns = [
    path("admin/", include("authors.accounts.urls")),
    path("admin/", admin.site.urls),
    path("", include("newsroom.well_known")),
    path("", include("authors.urls")),
    path("", include("articles.urls")),
    path("", include("articles.preview_links")),
]

handler400 = "newsroom.too_much.handler400"
handler429 = "authors.accounts.pages.too_many"
handler500 = "newsroom.outage.handler500"
