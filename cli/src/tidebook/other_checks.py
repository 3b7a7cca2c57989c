"""Looks at Redis, the mail relay and the gateway."""

from datetime import UTC, datetime
from typing import Any

import aiosmtplib
import httpx
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from shared.zones import ZONE_DATA
from tidebook.environment import Environment
from tidebook.findings import Finding, clock, fail, ok, warn

_PATIENCE_SECONDS = 3


async def check_redis(environment: Environment) -> list[Finding]:
    """Reachable, and its clock."""
    url = environment.get("REDIS_URL")
    if not url:
        return [warn("Redis", "REDIS_URL is not set: each gateway counts quotas for itself", "set it if there are two")]
    try:
        redis = Redis.from_url(
            url,
            socket_timeout=_PATIENCE_SECONDS,
            socket_connect_timeout=_PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        async with redis:
            seconds, microseconds = await redis.time()
    except (RedisError, OSError, ValueError) as error:
        return [warn("Redis", f"does not answer: {type(error).__name__}", "bring it back: quotas are not enforced")]
    now = datetime.fromtimestamp(seconds + microseconds / 1e6, UTC)
    return [ok("Redis", "answers"), clock("Redis clock", (datetime.now(UTC) - now).total_seconds())]


async def check_mail(environment: Environment) -> list[Finding]:
    """The relay greets us."""
    if environment.get("MAIL_ADAPTER") in ("sendgrid", "off"):
        return [ok("mail", f"MAIL_ADAPTER is {environment.get('MAIL_ADAPTER')}: no relay to look at")]
    host, port = environment.get("SMTP_HOST"), environment.get("SMTP_PORT") or "25"
    if not host:
        return [warn("mail relay", "SMTP_HOST is not set", "set SMTP_HOST and SMTP_PORT to have it looked at")]
    if not port.isdigit():
        return [fail("mail relay", f"SMTP_PORT is {port!r}", "set it to a number")]
    relay = aiosmtplib.SMTP(hostname=host, port=int(port), timeout=_PATIENCE_SECONDS, start_tls=False)
    try:
        async with relay:
            await relay.ehlo()
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        told = f"{host}:{port} does not greet: {type(error).__name__}"
        return [fail("mail relay", told, "mails wait up to a day: bring it back")]
    return [ok("mail relay", f"{host}:{port} answers")]


async def check_gateway(environment: Environment) -> list[Finding]:
    """What `/readyz` says."""
    url = environment.get("API_URL")
    if not url:
        return [warn("gateway", "API_URL is not set", "set it to have the system's own checks shown")]
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE_SECONDS) as http:
            answer = await http.get(f"{url.rstrip('/')}/readyz")
            status = answer.json()
            wrong = [f"{name}: {told}" for name, told in status.get("checks", {}).items() if told != "ok"]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return [fail("gateway", f"{url} does not answer: {type(error).__name__}", "start it; look at its log")]
    found = [
        ok("gateway", "is ready")
        if answer.status_code == 200
        else fail("gateway", "; ".join(wrong) or "is not ready", "`/status` shows every instance and its checks")
    ]
    found += _zone_data(status.get("services", []))
    for service in status.get("services", []):
        for instance in service["instances"]:
            bad = [f"{name}: {told}" for name, told in instance["checks"].items() if told != "ok"]
            if bad:
                found.append(fail(instance["instance"], "; ".join(bad), f"look at the log of this {service['name']}"))
    return found


def _zone_data(services: list[dict[str, Any]]) -> list[Finding]:
    """Whether everybody reads clocks by the zone data that this release was locked with."""
    told = {i["instance"]: i.get("zone_data") for service in services for i in service["instances"]}
    versions = {instance: version for instance, version in told.items() if version is not None}
    others = [f"{instance}: {version}" for instance, version in versions.items() if version != ZONE_DATA]
    if others:
        return [warn("zone data", f"{ZONE_DATA} here, {', '.join(others)}", "deploy one release everywhere")]
    if not versions:
        return [warn("zone data", f"{ZONE_DATA} here, nobody else tells", "see that booking and notifier run")]
    return [ok("zone data", ZONE_DATA)]
