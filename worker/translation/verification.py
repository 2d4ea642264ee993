"""An order as ZZY's order/Verify (订单下单预校验) wants it.

Why it exists: it differs from Create: a moment instead of a day, and no count. It must not
decide whether it is asked. Source: zzy.txt 1.1.3.
"""

from datetime import datetime

from contracts.zzy import Passenger, VerifyRequest
from worker.saga.events import OrderCommanded
from worker.translation.admission import SHANGHAI
from worker.translation.outbound import Partner


def verify_request(ordered: OrderCommanded, partner: Partner, now: datetime) -> VerifyRequest:
    """Return Verify's request (1.1.3); without a session the time of day is that of now."""
    demand = ordered.demand
    time = demand.begin_play_time or f"{now.astimezone(SHANGHAI):%H:%M}"
    return VerifyRequest(
        partner_id=partner.partner_id,
        product_id=ordered.zzy_product_id,
        visit_date=f"{demand.visit_date} {time}:00",
        begin_play_time=demand.begin_play_time or None,
        end_play_time=demand.end_play_time or None,
        order_users=tuple(
            Passenger(user_name=t.name, mobile=demand.take_phone, card_id=t.id_card)
            for t in demand.tourists
        ),
    )
