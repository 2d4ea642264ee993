"""The step that forgets an order's people (个人信息删除).

Why it exists: what is left of such an order is said in erasure.py; here it becomes a step of
the table. It must not tell anybody.
"""

from worker.saga.erasure import forgotten
from worker.saga.events import PersonalDataErased
from worker.saga.states import Order
from worker.saga.steps import Moment, Result


def forget_people(o: Order, _e: PersonalDataErased, m: Moment) -> Result:
    """Forget names, phones, id cards, vouchers and others' words; keep numbers and counts."""
    return forgotten(o, m.now), ()
