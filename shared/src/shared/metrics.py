"""The kernel's metrics, defined once. A leaf: prometheus-client only.

Labels come from code (service, handler, route template), never from input: a stranger must not make up time series.
"""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

MESSAGES_HANDLED = Counter(
    "messages_handled_total",
    "Deliveries by what became of them: handled, duplicate, retried, dead_lettered; replay_* by hand.",
    ["handler", "outcome"],
)
HANDLER_SECONDS = Histogram(
    "handler_seconds", "Time in a handler, a batch counting once.", ["handler"], buckets=_SECONDS
)
CONSUMER_PENDING = Gauge("consumer_pending_messages", "Messages that wait for this durable consumer.", ["handler"])
CONSUMER_REDELIVERED = Gauge(
    "consumer_redelivered_messages", "Messages delivered more than once and not yet done.", ["handler"]
)
CONSUMER_STALLED_SECONDS = Gauge(
    "consumer_stalled_seconds", "Seconds without progress while messages wait; 0 is healthy.", ["handler"]
)
CONSUMER_HALTED = Gauge(
    "consumer_halted", "1 once a consumer has stopped itself after too many dead letters in a row.", ["handler"]
)
DEAD_LETTERS = Counter("dead_letters_total", "Messages put into DEADLETTER.", ["handler", "reason"])
FOREIGN_MESSAGES = Counter(
    "foreign_messages_total",
    "What came without the marks of our publishers, or asked to be answered elsewhere than in an inbox: dropped.",
    ["handler"],
)
OUTBOX_PENDING = Gauge("outbox_pending_events", "Committed events that the relay has yet to publish.")
OUTBOX_OLDEST_SECONDS = Gauge("outbox_oldest_seconds", "Age of the oldest unpublished event.")
EVENTS_PUBLISHED = Counter("events_published_total", "Events the relay has published.", ["type"])
RPC_SECONDS = Histogram(
    "rpc_seconds", "Time to answer a question over request/reply.", ["subject", "outcome"], buckets=_SECONDS
)
HTTP_SECONDS = Histogram(
    "http_request_seconds", "Time to answer an HTTP request.", ["method", "path", "status"], buckets=_SECONDS
)
NATS_CLIENT_ERRORS = Counter("nats_client_errors_total", "Errors the NATS client reported asynchronously.")
NATS_DENIALS = Counter(
    "nats_denials_total", "What NATS denied this process's user: connect, publish or subscribe.", ["what"]
)
HEARTBEAT_TIMESTAMP = Gauge(
    "heartbeat_timestamp_seconds", "When this process last wrote its heartbeat (epoch seconds)."
)
TASK_FAILURES = Counter("background_task_failures_total", "Failed rounds of a background task.", ["task"])
