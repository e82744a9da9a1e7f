"""Style sheets and scripts as ``collectstatic`` leaves them: whole, named after what they hold."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

from newsroom.media import WholeFiles

# Django's own pattern of imports takes those that end in a semicolon alone.
IMPORTS = (r"""(?P<matched>\bfrom "(?P<url>\.\.?/[^"]+\.js)")""", 'from "%(url)s"')


class CollectedFiles(WholeFiles, CompressedManifestStaticFilesStorage):
    """No half of a file, and hashes in the names by which the desk's scripts import each other.

    Under a plain name a browser keeps the script of the last release for an hour.
    ``collectstatic`` leaves what is newer than its source: the script of a newer release where
    an older one is taken back, and half a file of a run that a full disk or a kill broke off.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("desk/*.js", (IMPORTS,)),
        ("editor/*.js", (IMPORTS,)),
    )
    # One for each script that imports the next, and one that finds all done: five are too few
    # for the editor's figures.
    max_post_process_passes = 10

    def post_process(self, *args, **kwargs):
        yield from super().post_process(*args, **kwargs)
        self.tidy()
