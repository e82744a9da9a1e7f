"""The addresses of the desk's own pages, beside those that Django's admin has."""

from django.urls import path


def page(model_admin, address, view, name):
    """Return an address that asks strangers to sign in: "merge" is "admin:articles_tag_merge"."""
    opts = model_admin.opts
    return path(
        address,
        model_admin.admin_site.admin_view(view),
        name=f"{opts.app_label}_{opts.model_name}_{name}",
    )


def article_page(model_admin, view, name):
    """Return the address of a page about one article: ``<pk>/<name>/``."""
    return page(model_admin, f"<int:pk>/{name}/", view, name)
