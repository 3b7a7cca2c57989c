"""notifier-service's own metrics."""

from prometheus_client import Counter

EMAIL_JOBS = Counter(
    "email_jobs_total",
    "Mails by the job that handled them: sent, skipped (superseded or mail is off), postponed (until quiet hours end), "
    "error (each failed attempt).",
    ["job", "status"],
)
STATUSES = ("sent", "skipped", "postponed", "error")


def announce_job(job: str) -> None:
    """Show a job's counters from the start, so that an alert on them can tell 0 from absent."""
    for status in STATUSES:
        EMAIL_JOBS.labels(job, status)
