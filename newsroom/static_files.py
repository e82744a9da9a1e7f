"""Static files under names that change with what they hold."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

# Django's own pattern of imports takes those that end in a semicolon alone.
IMPORTS = (r"""(?P<matched>\bfrom "(?P<url>\.\.?/[^"]+\.js)")""", 'from "%(url)s"')


class HashedNames(CompressedManifestStaticFilesStorage):
    """Names with hashes in the imports of the desk's scripts too.

    Under the plain name a browser keeps the script of the last release for an hour, and
    ``collectstatic`` leaves a newer one where an older release is taken back.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("desk/*.js", (IMPORTS,)),
        ("editor/*.js", (IMPORTS,)),
    )
    # One for each script that imports the next, and one that finds all done: five are too few
    # for the editor's figures.
    max_post_process_passes = 10
