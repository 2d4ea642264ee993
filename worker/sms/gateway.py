"""Sends one message through an HTTP gateway (短信网关) that the configuration describes.

Why it exists: the thin shell around the pure parts (request, answer). It must not try
again: that is the handler's and the broker's.
"""

import secrets

from worker.clock import Clock
from worker.runtime.texting import HttpCaller, Sms, SmsResult
from worker.sms import answer, request
from worker.sms.answer import SuccessRule
from worker.sms.request import GatewayPlan

NONCE_BYTES = 16


class HttpSmsGateway:
    """Implements :class:`worker.runtime.texting.SmsGateway`."""

    def __init__(
        self, plan: GatewayPlan, rule: SuccessRule, http: HttpCaller, clock: Clock
    ) -> None:
        """Send what ``plan`` describes over ``http``; judge the answer by ``rule``."""
        self._plan = plan
        self._rule = rule
        self._http = http
        self._clock = clock

    async def send(self, sms: Sms) -> SmsResult:
        """Send one message and say what came of it; raises nothing but cancellation."""
        nonce = secrets.token_hex(NONCE_BYTES)
        made = request.build(self._plan, sms, self._clock.now(), nonce)
        answered = await self._http.call(made.method, made.url, made.headers, made.body)
        personal = (sms.phone, self._plan.secret, *sms.codes)
        return answer.read(answered, self._rule, personal)
