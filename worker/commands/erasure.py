"""``privacy erase``: has people forgotten, beside running workers.

Why it exists: retention is a rule, and now and then somebody asks to be forgotten at once. It
must not forget anybody of whom the saga says that something is still to come.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from worker.adapters import adapters
from worker.commands.quiet import log_quietly
from worker.runtime.erasing import Eraser
from worker.runtime.ports import Store
from worker.saga.policy import Policy
from worker.settings import Settings


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[tuple[Store, Eraser]]:
    log_quietly(settings)
    async with adapters(settings) as parts:
        try:
            await parts.store.start()
            yield parts.store, Eraser(parts.store, parts.clock, Policy())
        finally:
            await parts.store.close()


async def erase_old(settings: Settings, days: int, *, dry_run: bool) -> bool:
    """Forget the people of all orders that ended so many days ago; report how many."""
    async with _opened(settings) as (_, eraser):
        done = await eraser.sweep(days, dry_run=dry_run)
    would = "would be " if dry_run else ""
    sys.stdout.write(f"orders {would}erased: {done.orders}\n")
    sys.stdout.write(f"orders old and still needed: {done.kept}\n")
    if not dry_run:
        sys.stdout.write(f"dead letters without a known order erased: {done.letters}\n")
    return True


async def erase_one(settings: Settings, number: str, reason: str, *, dry_run: bool) -> bool:
    """Forget the people of one order; return False where that cannot be, and say why."""
    async with _opened(settings) as (store, eraser):
        rows = await store.find_orders(number)
        if len(rows) != 1:
            several = ", ".join(row.order_num for row in rows)
            told = f"several orders have it, name one of {several}" if rows else "no order has it"
            sys.stderr.write(f"{number}: {told}\n")
            return False
        ours = rows[0].order_num
        look = eraser.objection if dry_run else eraser.erase
        why_not = await look(ours, reason)
    if why_not:
        sys.stderr.write(f"{ours}: not erased: {why_not}\n")
        return False
    sys.stdout.write(f"{ours} {'would be ' if dry_run else ''}erased\n")
    return True
