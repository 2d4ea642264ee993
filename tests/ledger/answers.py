"""Which codes each question of a story may be answered with."""

LEGAL = {
    "create": {"1000", "3000", "3002", "3003", "3007", "3008", "3009", "3012"},
    "create_otherwise": {"3000", "1000"},  # 1000: nobody has looked in time
    "cancel": {"1000", "4000", "4001", "4002", "4003"},
    "refund": {"1000", "4000", "4001", "4002", "4003"},
    "resend": {"1000", "3000", "4000", "4001", "4002", "4003", "9004"},
    "stranger": {"4001", "4000"},  # 取消处理中, where nobody has looked in time
    "query": {"1000", "4001"},
}
