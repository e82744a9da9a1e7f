"""Logs for machines: one line of JSON for each thing that went wrong."""

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter


class JsonLines(JsonFormatter):
    """Writes a record as JSON: when, how bad, who says it, what, and on which request.

    Of a request it takes the path, never the query (what somebody searched for), the
    address, cookies or who is signed in; a token within the path is left out.
    """

    def __init__(self):
        super().__init__(
            ["levelname", "name", "message"],
            rename_fields={"levelname": "level", "name": "logger", "status_code": "status"},
            timestamp="at",
            reserved_attrs=[*RESERVED_ATTRS, "request"],
        )

    def add_fields(self, log_data, record, message_dict):
        super().add_fields(log_data, record, message_dict)
        request = getattr(record, "request", None)
        if not hasattr(request, "path"):
            return
        match = request.resolver_match
        path, token = request.path, match and match.kwargs.get("token")
        if token:
            path = path.replace(token, "…")
            log_data["message"] = log_data["message"].replace(token, "…")
        log_data |= {
            "path": path,
            "method": request.method,
            "view": match.view_name if match else None,
            "request_id": request.headers.get("X-Request-ID"),
        }
