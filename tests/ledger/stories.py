"""The random story of one order: what its channel, its guests and the supplier do to it.

Every story follows from its seed and its number alone, so that one that broke a promise
can be told again by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from worker.simulators.channel_driver import made_up_id_card
from worker.simulators.zzy_faults import ZzyFaults

ONE_FOR_ALL, ONE_EACH, BUNDLE = "P11063", "11064", "11070"
FIXED, EXCHANGED, IN_SESSIONS = "11067", "11074", "11065"
PRODUCTS = {ONE_FOR_ALL: 4, ONE_EACH: 7, BUNDLE: 3, FIXED: 1, EXCHANGED: 1, IN_SESSIONS: 1}
PERSONAL = frozenset({ONE_EACH, BUNDLE})
CHANNELS = {"k": 4, "prepaid": 4, "trusting": 3, "texts": 3}
PRICE = 6.0

ACTS = {
    "cancel": 4,
    "cancel_twice": 2,
    "refund_count": 6,
    "refund_codes": 6,
    "refund_rest": 2,
    "refund_again": 5,
    "refund_otherwise": 2,
    "force_whole": 1,
    "force_codes": 2,
    "check": 5,
    "check_codes": 4,
    "notices_again": 5,
    "decide": 5,
    "create_again": 2,
    "create_otherwise": 1,
    "resend": 2,
    "query": 1,
    "stranger": 1,
}
COMMANDS = frozenset({"cancel", "refund_count", "refund_codes", "refund_rest", "refund_again"})
"""What an upstream system may ask over the queue instead."""
CHANCES = (0, 0, 0, 0.02, 0.06)
OLD = (10.0, 16.0)
"""Seconds ago an upstream system's guest may have ordered: around the pay deadline."""


@dataclass(frozen=True)
class Act:
    """One thing that happens to an order."""

    name: str
    pause: float
    """Seconds before it."""
    alone: bool
    """Whether the next one waits for its end."""
    by_queue: bool
    dice: int
    """Seeds what the act itself chooses: how many, which codes, which verdict."""

    def __str__(self) -> str:
        way = " by queue" if self.by_queue else ""
        return f"{self.pause:.2f} s {'' if self.alone else '(beside) '}{self.name}{way}"


@dataclass(frozen=True)
class Story:
    """Everything that is decided beforehand about one order."""

    seed: int
    number: int
    app_key: str
    product_code: str
    count: int
    faults: ZzyFaults
    begins: str
    """Whether the acts begin while it is created, once it is answered, or once it is issued."""
    by_queue: bool
    age: float
    """How long ago its guest ordered, where it comes from a queue."""
    ending: str
    """Whether audits that are still open at the end are decided, decided late, or never."""
    acts: Sequence[Act] = field(repr=False)

    @property
    def channel_order_num(self) -> str:
        return f"L{self.seed}-{self.number}"

    @property
    def take_phone(self) -> str:
        return f"137{self.number:08d}"

    @property
    def tourists(self) -> dict[str, str]:
        """Id cards and names that no other order has."""
        count = self.count if self.product_code in PERSONAL else 1
        return {made_up_id_card(n := self.number * 10 + i): name(n) for i in range(count)}

    def order(self) -> dict[str, Any]:
        """Return the business content of createOrder, without its date."""
        content: dict[str, Any] = {
            "channel_order_num": self.channel_order_num,
            "product_code": self.product_code,
            "take_phone": self.take_phone,
            "tourist_info": self.tourists,
            "price": PRICE,
            "amount": PRICE * self.count,
            "count": self.count,
        }
        if self.product_code == IN_SESSIONS:
            content |= {"begin_play_time": "09:00", "end_play_time": "12:00"}
        return content

    def told(self) -> str:
        """Return the story in words."""
        plain = ZzyFaults()
        odd = {k: v for k, v in self.faults.model_dump().items() if v != getattr(plain, k)}
        source = f"by queue, {self.age:.1f} s old" if self.by_queue else "over HTTP"
        head = (
            f"{self.app_key} orders {self.count} × {self.product_code} {source} as "
            f"{self.channel_order_num}; acts begin when {self.begins}; audits: {self.ending}"
        )
        return "\n  ".join([head, f"ZZY: {odd}", *map(str, self.acts)])


FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥春夏秋冬梅兰竹菊琴棋"


def name(number: int) -> str:
    """Return a made-up name; no other number below 32**4 has it."""
    digits = [number >> shift & 31 for shift in (15, 10, 5, 0)]
    return FAMILY[digits[0]] + "".join(GIVEN[digit] for digit in digits[1:])


def story(seed: int, number: int) -> Story:
    """Return the story with this number of this seed."""
    dice = Random(f"{seed}:{number}")
    by_queue = dice.random() < 0.2
    old = by_queue and dice.random() < 0.25
    return Story(
        seed=seed,
        number=number,
        app_key=_one_of(dice, CHANNELS),
        product_code=_one_of(dice, PRODUCTS),
        count=dice.randint(1, 5),
        faults=_faults(dice),
        begins=dice.choice(["created", "answered", "answered", "issued", "issued", "issued"]),
        by_queue=by_queue,
        age=dice.uniform(*OLD) if old else 0,
        ending=dice.choice(["decided"] * 6 + ["late", "never"]),
        acts=[_act(dice) for _ in range(dice.randint(0, 8))],
    )


def _faults(dice: Random) -> ZzyFaults:
    return ZzyFaults.everything(
        dice.choice(CHANCES),
        seed=dice.randrange(2**31),
        hang_seconds=1.2,
        late_seconds=0.8,
        resend_first=0.3,
        resend_max=2,
        ticket_delay_max=dice.choice([0.02, 0.3]),
        refund_audit=dice.choice(["later", "at_once", "by_hand"]),
        refund_apply_no=dice.choice(["refund_id", "apply_id"]),
        duplicate_create=dice.choice(["same", "same", "refused", "new"]),
    )


def _act(dice: Random) -> Act:
    kind = _one_of(dice, ACTS)
    return Act(
        name=kind,
        pause=dice.choice([0, 0, 0.05, 0.3]),
        alone=dice.random() < 0.75,
        by_queue=kind in COMMANDS and dice.random() < 0.25,
        dice=dice.randrange(2**31),
    )


def _one_of(dice: Random, weights: dict[str, int]) -> str:
    return dice.choices(list(weights), list(weights.values()))[0]
