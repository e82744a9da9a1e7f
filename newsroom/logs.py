"""Logs for machines: one line of JSON for each thing that went wrong."""

from copy import copy
from traceback import format_exception_only

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

# Of what strangers made up a line takes so many characters: they cannot fill the disk with it.
LONGEST = 500


class JsonLines(JsonFormatter):
    """Writes a record as JSON: when, how bad, who says it, what, and on which request.

    Of a request it takes the path, never the query (what somebody searched for), the
    address, cookies or who is signed in; a token within the path is left out. What was answered
    with 503 has its cause in a sentence: in an outage there are thousands of the same.
    """

    def __init__(self):
        super().__init__(
            ["levelname", "name", "message"],
            rename_fields={"levelname": "level", "name": "logger", "status_code": "status"},
            timestamp="at",
            reserved_attrs=[*RESERVED_ATTRS, "request"],
        )

    def format(self, record):
        if record.exc_info and getattr(record, "status_code", None) == 503:
            # Whoever else handles the record gets it whole.
            record = copy(record)
            words = "".join(format_exception_only(record.exc_info[1])).strip()
            record.exc_info, record.exc_text = None, words[:LONGEST]
        return super().format(record)

    def add_fields(self, log_data, record, message_dict):
        super().add_fields(log_data, record, message_dict)
        request = getattr(record, "request", None)
        if not hasattr(request, "path"):
            return
        match = request.resolver_match
        path, token = request.path, match and match.kwargs.get("token")
        message = log_data["message"]
        if token:
            path, message = path.replace(token, "…"), message.replace(token, "…")
        log_data |= {
            "message": message[:LONGEST],
            "path": path[:LONGEST],
            "method": request.method,
            "view": match.view_name if match else None,
            "request_id": request.headers.get("X-Request-ID", "")[:LONGEST] or None,
        }
