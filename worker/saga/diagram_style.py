"""The words and colours of docs/saga.svg.

Why it exists: the picture's looks are apart from what it shows. It must
not know the table.
"""

from collections.abc import Mapping
from string import Template
from typing import Final

from worker.saga import events as e
from worker.saga.states import Phase

WORDS: Final[dict[object, str]] = {
    Phase.NEW: "新 new",
    Phase.CREATING: "下单中 creating",
    Phase.PAYING: "支付中 paying",
    Phase.CLOSING: "关闭中 closing",
    Phase.AWAITING_TICKET: "待出票 awaiting ticket",
    Phase.ISSUED: "已出票 issued",
    Phase.TICKET_FAILED: "出票失败 ticket failed",
    Phase.REFUSED: "已拒绝 refused",
    Phase.CANCELLED: "已取消 cancelled",
    Phase.REFUNDED: "已退款 refunded",
    e.OrderCommanded: "order",
    e.CancelCommanded: "cancel commanded",
    e.CreateSucceeded: "created",
    e.CreateRefused: "Create refused",
    e.CreateUnknown: "Create unknown",
    e.PaySucceeded: "paid",
    e.PayRefused: "Pay refused",
    e.PayUnknown: "Pay unknown",
    e.CancelAccepted: "CancelOrder accepted",
    e.CancelRefused: "CancelOrder refused",
    e.CancelUnknown: "CancelOrder unknown",
    e.CodesMissing: "no codes found",
    e.TicketIssued: "ticket issued",
    e.TicketFailed: "ticket failed",
    e.RefundAccepted: "Refund accepted",
    e.RefundNoticed: "refund notice",
    e.TimerFired: "timer",
}
"""Phases with their Chinese term first, and events, as the picture calls them."""

_LIGHT: Final = {
    "paper": "#fcfbf8", "ink": "#22262e", "soft": "#6b7280", "line": "#8a93a3",
    "frame": "#f5f1e8", "rim": "#d9cfba", "plain": "#e8edf5", "plainrim": "#9db0cc",
    "doubt": "#fdeccc", "doubtrim": "#e0a93f", "paid": "#d7efe6", "paidrim": "#54a989",
    "bad": "#f9dfe0", "badrim": "#d9777c", "human": "#b4472f", "here": "#b4472f",
}  # fmt: skip
_DARK: Final = {
    "paper": "#15181e", "ink": "#e8eaee", "soft": "#9aa3b2", "line": "#717c8e",
    "frame": "#1c212a", "rim": "#3a4250", "plain": "#222c3b", "plainrim": "#4d6486",
    "doubt": "#3a2e16", "doubtrim": "#b98a2e", "paid": "#17332a", "paidrim": "#3f8a6e",
    "bad": "#3b2124", "badrim": "#a9555a", "human": "#e08468", "here": "#e08468",
}  # fmt: skip

_SHAPES: Final = """
text{font-family:Inter,"Segoe UI","Helvetica Neue",Arial,"PingFang SC","Microsoft YaHei",
"Noto Sans CJK SC",sans-serif}
.title{font-size:26px;font-weight:650}
.note{font-size:13.5px}
.frame{stroke-width:1.2;stroke-dasharray:5 5}
.frame-name{font-size:12.5px;font-style:italic}
.edge{fill:none;stroke-width:1.7}
.label{font-size:12.5px;stroke-width:5px;paint-order:stroke;stroke-linejoin:round}
.box{stroke-width:1.8}
.when{font-size:11.5px;font-style:italic}
.badge{stroke-width:1.5}
.name{font-size:16px;font-weight:620;text-anchor:middle}
.chinese{font-size:13px;font-weight:400}
.calls{font-size:11.5px;text-anchor:middle}
.here .box{stroke-width:5px}
.other{opacity:0.5}"""
_COLOURS: Final = Template("""
text{fill:$ink}
.paper,.end{fill:$paper}
.note,.frame-name,.chinese,.calls{fill:$soft}
.frame{fill:$frame;stroke:$rim}
.edge{stroke:$line}
.tip{fill:$line}
.label{fill:$ink;stroke:$paper}
.on-frame{stroke:$frame}
.when{fill:$soft}
.start,.creating{fill:$plain;stroke:$plainrim}
.paying,.closing{fill:$doubt;stroke:$doubtrim}
.awaiting_ticket,.issued{fill:$paid;stroke:$paidrim}
.ticket_failed{fill:$bad;stroke:$badrim}
.end{stroke:$soft}
.here .box{stroke:$here}
.badge{fill:$paper;stroke:$human}
.person{fill:$human}""")

_PAGE_LIGHT: Final = _LIGHT | {
    "paper": "#ffffff", "frame": "#f4f6f7", "rim": "#b9c4ca", "here": "#0b6e6e",
}  # fmt: skip
_PAGE_DARK: Final = _DARK | {
    "paper": "#161c21", "frame": "#1c242a", "rim": "#46535c", "here": "#55c7bd",
}  # fmt: skip


def _style(light: Mapping[str, str], dark: Mapping[str, str]) -> str:
    """Return the style that follows what the reader's system prefers."""
    by_day, by_night = _COLOURS.substitute(light), _COLOURS.substitute(dark)
    return f"{_SHAPES}{by_day}\n@media (prefers-color-scheme:dark){{{by_night}\n}}\n"


STYLE: Final = _style(_LIGHT, _DARK)
PAGE_STYLES: Final = {
    "system": _style(_PAGE_LIGHT, _PAGE_DARK),
    "light": f"{_SHAPES}{_COLOURS.substitute(_PAGE_LIGHT)}\n",
    "dark": f"{_SHAPES}{_COLOURS.substitute(_PAGE_DARK)}\n",
}
"""In the colours of the console's pages, by the theme that its reader chose."""

TITLE: Final = """
<text class="title" x="44" y="66">The life of an order</text>
<text class="note" x="44" y="92">drawn from worker/saga/transitions.py \
· every arrow leads to a higher rank: an order never falls back</text>"""


def head_of(style: str, width: int, height: int, top: int = 0) -> str:
    """Return how the picture begins; what stands above ``top`` is left out."""
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 {top} {width} {height - top}" role="img" \
aria-label="The phases of an order and the events that lead from one to another">
<style>{style}</style>
<defs><marker id="tip" viewBox="0 0 10 10" refX="6" refY="5" markerWidth="7" markerHeight="7" \
orient="auto-start-reverse"><path class="tip" d="M0,0.8 L9,5 L0,9.2 L2.4,5 z"/></marker></defs>
<rect class="paper" width="{width}" height="{height}" rx="18"/>"""
