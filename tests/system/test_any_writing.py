"""People's names and addresses from the API to the inbox: they come through in any writing, what does harm doesn't."""

from uuid import uuid4

from icalendar import Calendar

from tests.support.bookings import WRITING
from tests.support.client import Api, in_days
from tests.support.eventually import eventually
from tests.system.conftest import Outside


async def test_every_writing_comes_through_to_mail_and_calendar(api: Api, outside: Outside) -> None:
    service = await api.service(name="ශ්\u200dරී")
    await api.resource(service, name="علی\u200cرضا")
    local = uuid4().hex
    bodies = [
        {
            "service_id": service,
            "starts_at": in_days(3 + n).strftime("%Y-%m-%dT%H:%M:%S.0000000Z"),
            "customer": {"name": f"\u00a0{name}\u202e ", "email": f" {local}.{n}@Straße.example\u00a0"},
            "metadata": {f"{key:02}": "🔧" * 500 for key in range(50)},
        }
        for n, name in enumerate(WRITING.values())
    ]
    for body in bodies:
        made = await api.post("/v1/bookings", body)
        assert made.status_code == 201, made.text

    async def told() -> bool:
        return len(await outside.mails(local)) == len(bodies)

    await eventually(told, within=30)
    for mail in await outside.mails(local):
        [recipient] = mail["to"]
        number, _, domain = recipient.removeprefix(f"{local}.").partition("@")
        name = [*WRITING.values()][int(number)]
        assert domain == "xn--strae-oqa.example"
        assert f"Hello {name},\n" in mail["text"]
        assert "\u202e" not in mail["text"] + mail["html"]
        assert "ශ්\u200dරී" in mail["subject"]
        file = (await outside.inbox.get(f"/messages/{mail['id']}/attachments/0")).content
        event = Calendar.from_ical(file).walk("VEVENT")[0]
        assert str(event["SUMMARY"]).startswith("ශ්\u200dරී (")
        assert str(event["DESCRIPTION"]).startswith("With علی\u200cرضا.")
