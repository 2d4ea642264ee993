"""What deserves an alarm, and which robots are told of it.

Why it exists: the thresholds and the robots stand together. It must not read a file or the
environment.
"""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator

from worker.settings.section import Section, Text
from worker.settings.values import Seconds, web_address


class Rules(Section):
    """When the figures deserve an alarm; 0 turns a rule off."""

    human: bool = True
    """An order in front of a human has an alarm for as long as it is there."""
    dead_letter_age_seconds: Seconds = 3_600
    dead_letters_in_five_minutes: Annotated[int, Field(ge=0)] = 20
    channel_silent_seconds: Seconds = 600
    """How long a channel's breaker has been open."""
    no_consumer_seconds: Seconds = 120
    """How long nobody took messages of a queue in which some wait; on RabbitMQ."""
    backlog_age_seconds: Seconds = 120
    """How long the oldest message waits in a queue that is not a channel's."""
    deadline_share: Annotated[float, Field(ge=0, le=1)] = 0.7
    """The share of its pay or ticket deadline that an order has used."""
    stock_refusals: Annotated[int, Field(ge=0)] = 10
    """So many of one product that ZZY itself refuses (3008) in one process..."""
    stock_refusals_seconds: Annotated[Seconds, Field(gt=0)] = 600
    """...within so long."""
    bad_signatures_per_minute: Annotated[int, Field(ge=0)] = 30
    """At one interface of one process of the ingress."""


class Robot(Section):
    """Where alarms are posted."""

    name: Text
    format: Literal["dingtalk", "wecom", "feishu", "json"]
    webhook_url: SecretStr
    """As the chat program shows it: whoever knows it can write there."""
    webhook_secret: SecretStr = SecretStr("")
    """The signing key (加签) of DingTalk's and Feishu's; empty: none."""
    severity: Literal["warning", "critical"] = "warning"
    """The least urgent that it is told of."""
    kinds: tuple[Text, ...] = ()
    """Only these kinds; empty: all."""

    @field_validator("webhook_url")
    @classmethod
    def _an_address(cls, url: SecretStr) -> SecretStr:
        web_address(url.get_secret_value())
        return url


class Alarms(Section):
    """How alarms are kept and told."""

    check_seconds: Annotated[Seconds, Field(ge=1)] = 15
    """How often the figures are looked at, by one process of all."""
    again_seconds: Seconds = 3_600
    """An alarm that is open and not acknowledged is told again so often; 0: never."""
    quiet_seconds: Annotated[Seconds, Field(ge=60)] = 86_400
    """What happened once is over when nothing more was heard of it for so long."""
    keep_days: Annotated[int, Field(ge=1)] = 90
    """How long alarms that are over are kept."""
    rules: Rules = Rules()
    robots: tuple[Robot, ...] = ()

    @field_validator("robots")
    @classmethod
    def _distinct(cls, robots: tuple[Robot, ...]) -> tuple[Robot, ...]:
        names = [robot.name for robot in robots]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"name {name} stands there more than once")
        return robots
