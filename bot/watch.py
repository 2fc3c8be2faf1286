"""What engineers hear: logs as structured lines, faults by Sentry; nothing that names a person or holds a secret."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Any

import sentry_sdk
import structlog

NOISY = ("apscheduler", "slack_bolt", "slack_sdk")


def report_faults(dsn: str) -> None:
    """Sentry, off without a DSN; what leaves is an allow-list: the fault's type and where, never what it held."""
    if not dsn:
        return
    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_breadcrumbs=0,
        max_request_body_size="never",
        traces_sample_rate=0.0,
        default_integrations=False,
        auto_enabling_integrations=False,
        before_send=allowed,
    )


def allowed(event: Any, _hint: Any) -> Any:  # noqa: ANN401 -- Sentry's own event
    """Only what helps an engineer and names nobody: type, module, function, line, release, level, time."""
    names = ("event_id", "timestamp", "level", "platform", "release")
    kept: dict[str, Any] = {name: event[name] for name in names if name in event}
    values = [
        {"type": value.get("type"), "module": value.get("module"), "stacktrace": {"frames": _frames(value)}}
        for value in (event.get("exception") or {}).get("values", [])
    ]
    return kept | {"exception": {"values": values}}


def _frames(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    frames = (value.get("stacktrace") or {}).get("frames", [])
    return [{name: frame.get(name) for name in ("module", "function", "lineno")} for frame in frames]


def logs(level: str) -> None:
    """Structured lines on standard error, for engineers; auditors read the journal."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper(), logging.INFO)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
