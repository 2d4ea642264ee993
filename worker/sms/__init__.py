"""Texts vouchers (短信) to the guests' phones, through an HTTP gateway of the operator's.

Why it exists: a channel may want its guests to get the vouchers by SMS; which gateway that
is, the configuration says alone. It must not know a provider by name.
"""
