"""The ticketbridge worker: from a channel's order through ZZY to delivered vouchers."""
