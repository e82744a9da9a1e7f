"""Odd requests: none makes the page cache give one reader another's page, or a wrong one."""

import gzip

import pytest
from django.test import Client

from articles import publishing
from tests.factories import change, make_article, make_image
from tests.newsroom.cached_site import DJANGO, Site, answer, request

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("one_connection"),
    pytest.mark.looks,
]
# What of an answer may be another each time.
OF_THE_MOMENT = {"age", "cache-status", "date", "x-accel-expires"}
LONG = "x" * 20_000


def with_environ(**variables):
    """Return a request made odd: variables of its environ, None where there is none."""

    def make_odd(environ):
        environ |= variables
        return {name: value for name, value in environ.items() if value is not None}

    return make_odd


def with_path(before, after=""):
    """Return a request made odd: something before and behind its path."""

    def make_odd(environ):
        return environ | {"PATH_INFO": before + environ["PATH_INFO"] + after}

    return make_odd


def with_query(before="", after=""):
    """Return a request made odd: something before and behind its query, as it came."""

    def make_odd(environ):
        query = environ["QUERY_STRING"]
        return environ | {"QUERY_STRING": f"{before}{'&' if query else ''}{query}{after}"}

    return make_odd


HOSTS = [
    *("testserver:80", "testserver:8080", "testserver.", "testserver.:80"),
    *("other.example", "evil.example", "testserver.evil.example", "evil.example:testserver"),
    *("testserver@evil.example", "testserver, evil.example", "testserver evil.example"),
    *("testserver:80:80", "testserver:x", "[::1]", "", " testserver", "testserver\t", "*", LONG),
    *("testserver/evil", "testserver#", "t\xe9stserver", 'testserver"><script>'),
]
HEADERS = {
    "HTTP_X_FORWARDED_HOST": ["evil.example", "testserver"],
    "HTTP_FORWARDED": ["host=evil.example;proto=https"],
    "HTTP_X_FORWARDED_PROTO": ["https", "http", "HTTPS", "https, http", " https ", "evil", ""],
    "HTTP_X_FORWARDED_PORT": ["444"],
    "HTTP_X_FORWARDED_FOR": ["127.0.0.1"],
    "HTTP_X_FORWARDED_PREFIX": ["/evil"],
    "HTTP_X_SCRIPT_NAME": ["/evil"],
    "HTTP_X_ORIGINAL_URL": ["/admin/"],
    "HTTP_X_REWRITE_URL": ["/admin/"],
    "HTTP_X_HTTP_METHOD_OVERRIDE": ["POST", "DELETE"],
    "HTTP_X_REQUESTED_WITH": ["XMLHttpRequest"],
    "HTTP_X_REQUEST_ID": ["<script>"],
    "HTTP_NEWSROOM_PAGE": ["x"],
    "HTTP_ACCEPT": ["application/json", "*/*;q=0", "\xff"],
    "HTTP_ACCEPT_LANGUAGE": ["de", "ar;q=1, xx"],
    "HTTP_ACCEPT_CHARSET": ["utf-16"],
    "HTTP_ACCEPT_ENCODING": [
        *("gzip", "GZIP;Q=1", "gzip;q=0", "*;q=0", "identity;q=0", "gzip;q=x"),
        *("gzip;q=nan", ",,;;==,", "zstd, deflate", "gzip;q=1;q=0", "\xff", f"gzip,{LONG}"),
    ],
    "HTTP_IF_NONE_MATCH": ['"x"', "W/", '"', '"x", "y"', "\xff", f'"{LONG}"', ","],
    "HTTP_IF_MODIFIED_SINCE": ["yesterday", "Thu, 99 Xxx 9999 99:99:99 GMT", "-1", "\xff", "0"],
    "HTTP_IF_MATCH": ['"x"'],
    "HTTP_IF_UNMODIFIED_SINCE": ["Sat, 01 Jan 2000 00:00:00 GMT"],
    "HTTP_IF_RANGE": ['"x"'],
    "HTTP_RANGE": ["bytes=0-9", "bytes=-1", "bytes=0-,0-,0-", "bytes=9-0", "lines=1-2"],
    "HTTP_AUTHORIZATION": ["Basic eDp5", "", "Bearer \xff"],
    "HTTP_CACHE_CONTROL": ["no-cache", "only-if-cached", "max-age=0"],
    "HTTP_PRAGMA": ["no-cache"],
    "HTTP_USER_AGENT": [LONG, "\xff"],
    "HTTP_REFERER": ["https://evil.example/"],
    "HTTP_ORIGIN": ["https://evil.example"],
    "HTTP_EXPECT": ["100-continue"],
    "HTTP_TRANSFER_ENCODING": ["chunked"],
    "HTTP_PROXY": ["http://evil.example"],
    "CONTENT_LENGTH": ["x", "-1", "5"],
    "CONTENT_TYPE": ["multipart/form-data; boundary=", "text/html; charset=utf-16"],
}
# SESSION stands for the number of an editor's own session.
COOKIES = [
    *("sessionid=SESSION", "sessionid =SESSION", " sessionid=SESSION", "sessionid\t= SESSION"),
    *('sessionid="SESSION"', "a=b; sessionid=SESSION", "a=b;sessionid=SESSION", ";;sessionid"),
    *("a=b,sessionid=SESSION", "sessionid=x; sessionid=SESSION", "SessionID=SESSION"),
    *("sessionid=SESSION; sessionid=x", "xsessionid=SESSION", "sessionid", "sessionid="),
    *("$Version=1; sessionid=SESSION", 'a="; sessionid=SESSION"', "csrftoken=x", "\xff=\xff"),
    *("messages=x", "django_language=de", LONG, "sessionid%3DSESSION", "session\x00id=SESSION"),
]
METHODS = [
    *("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"),
    *("get", "head", "GET\x00", "X", ""),
]
QUERIES = [
    *("utm_source=x", "before=", "before=x", "q=", "q=wall&q=dyke", "q[]=x", "q%00=x", "=x"),
    *("q=%00", "q=%FF", "q=%FE", "q=%C3%A4", "q=\xc3\xa4", "q=\xe4", "%71=dyke", "Q=dyke"),
    *("q=dyke;q=wall", ";q=dyke", "?q=dyke", "&&&", "=", "%", "%zz", "q=a+b", "q=a%20b"),
    *("q=%26order%3Dnewest", "x=1&" * 5000, "q=1&" * 2000, f"q={LONG}", f"{LONG}=1", "order=x"),
    *("page=9", "callback=evil", "format=json", "__proto__=x", "q=%0d%0aSet-Cookie:%20a=b"),
    *("after=" + "9" * 400, "from=%F0%9F%98%80", "section=x&section=y", "q=<script>"),
]
PATHS = [
    *(with_path("/"), with_path("//"), with_path("/./"), with_path("/x/.."), with_path("/%2e")),
    *(with_path("", "/"), with_path("", "//"), with_path("", "."), with_path("", "../")),
    *(with_path("", "%00"), with_path("", "\x00"), with_path("", "\xff"), with_path("", ";a=b")),
    *(with_path("", "?q=dyke"), with_path("", "x.css"), with_path("", "\r\nA: b"), with_path(LONG)),
    *(with_path("http://evil.example"), with_path("", "%2e%2e/"), with_path("", "\xcc\x81")),
    lambda environ: environ | {"PATH_INFO": environ["PATH_INFO"].upper()},
    lambda environ: environ | {"PATH_INFO": environ["PATH_INFO"].replace("/", "%2F")},
    lambda environ: environ | {"PATH_INFO": environ["PATH_INFO"].replace("/", "\\")},
    lambda environ: environ | {"PATH_INFO": environ["PATH_INFO"].removeprefix("/")},
    with_environ(PATH_INFO=""),
    with_environ(PATH_INFO="*"),
]


def odd_requests(session):
    """Yield (what is odd, a function that makes an environ so)."""
    yield "no Host", with_environ(HTTP_HOST=None)
    for host in HOSTS:
        yield f"Host: {host[:60]}", with_environ(HTTP_HOST=host)
    yield "Host within", with_environ(HTTP_HOST=None, SERVER_NAME="evil.example")
    yield "TLS without a proxy", with_environ(**{"wsgi.url_scheme": "https"})
    for name, values in HEADERS.items():
        for value in values:
            yield f"{name}: {value[:60]}", with_environ(**{name: value})
    for cookie in COOKIES:
        cookie = cookie.replace("SESSION", session)
        yield f"Cookie: {cookie[:60]}", with_environ(HTTP_COOKIE=cookie)
    for method in METHODS:
        yield f"method {method!r}", with_environ(REQUEST_METHOD=method)
    for query in QUERIES:
        yield f"?{query[:60]}&…", with_query(query)
        yield f"?…&{query[:60]}", with_query(after=f"&{query}")
    for number, odd in enumerate(PATHS):
        yield f"path {number}", odd


def said(answer):
    """Return what an answer says: its status, the headers that last, and its body uncompressed."""
    headers = {name: value for name, value in answer.headers.items() if name not in OF_THE_MOMENT}
    return answer.status, headers, answer.body


def in_plain_words(answer):
    """Return (status, type, where to, body) of an answer, whoever compressed it."""
    body = answer.body
    if answer.headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    kept = (answer.headers.get(name) for name in ("content-type", "location", "allow"))
    return answer.status, *kept, body


@pytest.fixture
def newsroom(settings):
    """Return the addresses of pages by name, and the number of an editor's session."""
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    story = publishing.publish(make_article(headline="The dyke held"))
    former = story.get_absolute_url()
    change(story.article, slug="the-wall-held")
    publishing.publish(story.article)
    withdrawn = publishing.publish(make_article())
    publishing.withdraw(withdrawn.article, "It was wrong.")
    draft = make_article(lead_image=make_image())
    return {
        "story": story.article.editions.live().get().get_absolute_url(),
        "search": "/search/?q=dyke&order=newest",
        "moved": former,
        "withdrawn": withdrawn.get_absolute_url(),
        "desk's picture": draft.lead_image.picture.thumbnail_url,
    }


@pytest.mark.parametrize(
    ("name", "is_behind_proxy"),
    [("story", True), ("search", False), ("withdrawn", False), ("desk's picture", False)],
)
def test_an_odd_request_gets_its_own_answer_and_changes_nobody_elses(
    name, is_behind_proxy, newsroom, settings, ann
):
    """Each is sent to a cold cache and to one that all before have met."""
    if is_behind_proxy:
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    address = newsroom[name]
    client = Client()
    client.force_login(ann)
    warm = Site()
    plain = said(warm.get(address))
    session = client.cookies["sessionid"].value
    if name == "desk's picture":
        own = answer(DJANGO, request(address, cookie=f"sessionid={session}"))
        assert (plain[0], own.status) == (404, 200)
    wrong = []
    for what, make_odd in odd_requests(session):
        alone = in_plain_words(answer(DJANGO, make_odd(request(address))))
        for site in (Site(), warm):
            if site is warm:
                # However slow this machine is, its database is not away.
                site.watch.look()
                # Until the next look it knows what everybody is answered with.
                site.get(address, look=False)
            own = in_plain_words(answer(site.application, make_odd(request(address))))
            if own != alone:
                wrong.append(f"{what}: {own!r:.300} instead of {alone!r:.300}")
            if said(site.get(address)) != plain:
                wrong.append(f"{what}: another reader gets {site.get(address).text:.300}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "make_odd",
    [
        with_environ(HTTP_HOST="TESTServer"),
        with_environ(HTTP_ACCEPT_ENCODING="br"),
        with_environ(HTTP_ACCEPT_ENCODING="*"),
        with_environ(HTTP_IF_NONE_MATCH="*"),
        with_environ(HTTP_IF_MODIFIED_SINCE="Fri, 31 Dec 2999 00:00:00 GMT"),
        with_environ(REQUEST_METHOD="HEAD"),
        with_environ(REQUEST_METHOD="HEAD", HTTP_ACCEPT_ENCODING="br", HTTP_RANGE="bytes=0-1"),
    ],
)
def test_another_form_of_a_page_comes_from_the_same_page(make_odd, newsroom):
    """Spelled as it was asked for first, it would stand on everybody's."""
    for name, address in newsroom.items():
        plain, site = said(Site().get(address)), Site()
        answer(site.application, make_odd(request(address)))
        assert said(site.get(address)) == plain, name


def test_words_that_were_not_encoded_are_read_as_what_they_are(newsroom):
    site = Site()
    raw = request("/search/") | {"QUERY_STRING": "q=d\xc3\xa4m"}
    assert "däm" in answer(site.application, raw).text
    assert site.get("/search/?q=d%C3%A4m").is_hit


def test_a_request_without_a_host_is_no_fault_where_every_host_is_ours(newsroom, settings):
    settings.ALLOWED_HOSTS = ["*"]
    site = Site()
    for host in (None, "", "testserver:x"):
        odd = with_environ(HTTP_HOST=host)(request(newsroom["story"]))
        assert answer(site.application, odd).status in (200, 400)
    assert len(site.store) == 0


def test_long_words_of_strangers_are_not_kept(newsroom):
    site = Site()
    answers = [site.get(f"/search/?q={number}{LONG}") for number in range(2)]
    assert [each.status for each in answers] == [200, 200] and len(site.store) == 0
