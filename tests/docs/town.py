"""A running worker between simulators, and of everything that a document speaks of one.

The placeholders of the documents (NUMBER, LETTER_ID, …) are given what is really there, the
addresses that stand in them (https://channel.example, port 9100) those of the simulators.
"""

import asyncio
import json
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from contracts.signatures import authorization, sign_zzy
from tests.console.letters import order_letter
from tests.deadletters.letters import letter
from tests.docs.shell import OURS, Command
from tests.e2e.bridge import clean_environment
from tests.e2e.calling import called
from tests.e2e.world import Choice, World, delivered, world
from tests.relay.notifications import TARGET, notification
from tests.saga.beginnings import no_ticket
from worker.adapters import opened_store
from worker.relay.envelope import build
from worker.runtime import snapshot
from worker.runtime.alarm_records import RaisedAlarm, Severity, Telling
from worker.runtime.ports import Store, Transition
from worker.settings import load_settings
from worker.simulators.channel_driver import sample_order

SPARE = 60
"""Letters, alarms and orders for a human: a command that uses one up leaves enough."""
KEY = b64encode(b"k" * 32).decode()
CHOICE = Choice(
    channel={
        "account": '"prepaid"',
        "vouchers_by": '"both"',
    },
    sms="""json_body = '{"phone": "${phone}", "text": "${text}", "id": "${sms_id}"}'\n""",
    more=f"""
[privacy]
encryption_keys = ["{KEY}"]

[[settlement_prices]]
app_key = "k"
product_code = "P11063"
price = "5.00"
""",
)
"""Prepaid, sealed, texted: whatever a document asks about is there."""


@dataclass(frozen=True)
class Town:
    """What the commands are run against."""

    folder: Path
    world: World
    number: str
    group: str
    stock: dict[str, Iterator[str]]

    def script(self, command: Command) -> str:
        """Return the command as the shell can run it here."""
        lines = [*command.before, command.text]
        return "\n".join(self._placed(line) for line in lines)

    def _placed(self, line: str) -> str:
        line = re.sub(r" \[\w*…?\]", "", line).replace("…", "for the documents")
        for name, value in self._meant(line).items():
            line = re.sub(rf"(?<![\w-]){name}(?![\w-])", value, line)
        for pattern, value in self._addresses().items():
            line = line.replace(pattern, value)
        if line.startswith(OURS) and "--config" not in line:
            line = re.sub(r"^(python -m worker|ticketbridge)", r"\1 --config bridge.toml", line)
        return line

    def _meant(self, line: str) -> dict[str, str]:
        kinds = {"deadletters": "letters", "alarms": "alarms"}
        words = line.split()
        kind = next((kinds[word] for word in words if word in kinds), "")
        meant = {
            "NUMBER|ORDER_NUM": next(self.stock["humans"]) if "resolve" in words else self.number,
            "LETTER_ID": next(self.stock["letters"]) if "LETTER_ID" in line else "",
            "ALARM_ID": next(self.stock["alarms"]) if "ALARM_ID" in line else "",
            "GROUP_ID": self.group,
            "PRODUCT_CODE": "P11063",
            "APP_KEY": "k",
            "BANK_NUMBER": "bank-1",
            "URL": "https://channel.example/notify",
        }
        if "--group ID" in line:
            meant["ID"] = self.group
        elif "edit ID" in line:
            meant["ID"] = next(self.stock["commands"])
        elif re.search(r"\bID\b", line) and kind:
            meant["ID"] = next(self.stock[kind])
        else:
            meant["ID"] = self.number
        return meant

    def _addresses(self) -> dict[str, str]:
        k = self.world.k.simulator.url
        return {
            "https://channel.example": k,
            "http://127.0.0.1:9100": self.world.place.url,
            "http://127.0.0.1:9102": k,
            "http://127.0.0.1:9103": self.world.sms.url,
        }

    async def run(self, command: Command) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, in the town's folder; the simulators go on meanwhile."""
        if "@" in command.text or ".txt" in command.text:  # what is signed is good for five minutes
            await asyncio.to_thread(_write_files, self.folder)
        return await asyncio.to_thread(
            subprocess.run, ["sh", "-c", self.script(command)], cwd=self.folder,
            env=environment(), capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip


def environment() -> dict[str, str]:
    """Return the environment of somebody whose ``python`` and ``ticketbridge`` are ours."""
    here = clean_environment()
    return here | {"PATH": f"{Path(sys.executable).parent}:{here['PATH']}"}


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    """Run a worker, place the order that the documents ask about, and fill the rest."""
    async with world(CHOICE, folder, {}, {}) as running:
        top_up = ("accounts", "top-up", "k", "10000", "--reference", "beginning")
        assert (await called(running.place.config, *top_up)).code == 0
        await running.k.order("try-0")
        number = running.k.number("try-0")
        await delivered(running, number)
        async with opened_store(load_settings(running.place.config, {})) as store:
            stock = await _fill(store)
        listed = await called(running.place.config, "deadletters", "groups", "--json")
        group = next(line["id"] for line in listed.lines if line["kind"] == "delivery_failed")
        yield Town(folder, running, number, group, stock)


async def _fill(store: Store) -> dict[str, Iterator[str]]:
    now = datetime.now(UTC)
    human = no_ticket().order
    for number in range(SPARE):
        order = replace(
            human, order_num=f"human-{number}", channel_order_num=f"h-{number}",
            zzy_order_id=f"9{number:06}",
        )  # fmt: skip
        await store.commit(Transition(snapshot.row(order, 1, now)))
        await store.add_dead_letter(replace(letter(), id=f"letter-{number}", last_failed_at=now))
        await store.add_dead_letter(order_letter(now, f"command-{number}"))
        alarm = RaisedAlarm("orders_stuck", f"{number}", Severity.WARNING, "it is so", now)
        await store.raise_alarm(alarm, Telling())
    alarms = [alarm.id for alarm in await store.alarms()]
    return {
        "humans": iter([f"human-{number}" for number in range(SPARE)]),
        "letters": iter([f"letter-{number}" for number in range(SPARE)]),
        "commands": iter([f"command-{number}" for number in range(SPARE)]),
        "alarms": iter(alarms),
    }


def _write_files(folder: Path) -> None:
    """Write what the commands read: a signed body, a notification, a notice's headers, a secret."""
    params = json.dumps(sample_order("try-9", datetime.now(UTC).date()), default=str)
    body = subprocess.run(
        ["python", "-m", "worker", "sign", "--config", "bridge.toml", "--body", params],
        cwd=folder, env=environment(), capture_output=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    (folder / "body.json").write_bytes(body.strip())
    (folder / "secret.txt").write_text("s3cret")
    told = build(notification(), replace(TARGET, secrets=("s3cret",)), datetime.now(UTC))
    head = "".join(f"{name}: {value}\n" for name, value in told.headers.items())
    (folder / "notification.http").write_bytes(head.encode() + b"\n" + told.body)
    now = int(datetime.now(UTC).timestamp() * 1000)
    signed = authorization(9258, sign_zzy("demo-sign-key", 9258, now, "/zzy/notify"))
    headers = f"Timestamp: {now}\nPartnerId: 9258\nAuthorization: {signed}\n"
    (folder / "headers.txt").write_text(headers)
