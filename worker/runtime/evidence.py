"""Asks PersonQrCodes (获取游客入园二维码) what is true, and writes it into the order's history.

Why it exists: a person who is called to a strange notice needs what ZZY says on another
way. It must not decide anything: a notice that is well-formed is never held up by it,
unless the operator wants a forced refund held (forced_refunds.py).
Source: PROTOCOL.md, "The signature does not cover the body".
"""

from dataclasses import dataclass

from contracts.zzy import PersonQrCodesAnswer
from worker.runtime import snapshot
from worker.runtime.handle import Saga
from worker.runtime.outside import Supplier
from worker.runtime.ports import Store
from worker.runtime.stimulus import Stimulus
from worker.saga.events import EvidenceHeard
from worker.translation.supplier import Refused, SupplierResult, Unknown


@dataclass(frozen=True, slots=True)
class Shown:
    """What PersonQrCodes said of an order."""

    codes: frozenset[str] | None
    """None: it said nothing."""
    text: str
    """For people; holds no code and no name."""


class Evidence:
    """What ZZY says on another way."""

    def __init__(self, saga: Saga, store: Store, supplier: Supplier) -> None:
        """Ask ``supplier``; write down through ``saga``."""
        self._saga = saga
        self._store = store
        self._supplier = supplier

    async def ask(self, order_num: str) -> Shown:
        """Ask once; an answer that is none is told as such."""
        return _shown(await self._supplier.person_qr_codes(order_num))

    async def gather(self, order_num: str) -> Shown:
        """Ask once, and write the answer into the history. Raises StoreUnavailableError."""
        shown = await self.ask(order_num)
        await self.write_down(order_num, shown)
        return shown

    async def write_down(self, order_num: str, shown: Shown) -> None:
        """Add what was shown to the history. Raises StoreUnavailableError."""
        loaded = await self._store.load(order_num)
        order = snapshot.read(loaded.row)
        if order is None:
            return
        text = shown.text
        if shown.codes is not None:
            known = shown.codes & {voucher.code for voucher in order.vouchers}
            text += f", {len(known)} of them known to us"
        await self._saga.take(loaded, order_num, Stimulus(EvidenceHeard(text)))


def _shown(result: SupplierResult[PersonQrCodesAnswer]) -> Shown:
    match result:
        case Unknown():
            return Shown(None, f"PersonQrCodes did not answer: {result.reason}")
        case Refused():
            return Shown(None, f"PersonQrCodes refused: {result.message}")
    codes = frozenset(code.qr_code for code in result.answer.data or () if code.qr_code)
    return Shown(codes, f"PersonQrCodes shows {len(codes)} code{'' if len(codes) == 1 else 's'}")
