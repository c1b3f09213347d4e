"""Users who order too often, and orders that are not paid in time, in a bare loop with dictionaries and a heap.

usage: state_loop.py IN OUT
"""

import json
import os
import sys
import time
from heapq import heappop, heappush

from outcome import tell

MINUTE, PAY_WITHIN, DELAY, END = 60_000, 1_800_000, 5_001, 1 << 60


def main(source, folder):
    os.makedirs(f"{folder}/events")
    loads = json.loads
    # of each user: how many orders, how many in each minute, when those were created that are not paid
    users, timers, known, watermark = {}, [], set(), -END
    with open(source) as orders, open(f"{folder}/events/part", "w") as out:

        def set_timer(user, at):
            if (at, user) not in known:
                known.add((at, user))
                heappush(timers, (at, user))

        def fire(until):
            while timers and timers[0][0] <= until:
                at, user = timer = heappop(timers)
                known.discard(timer)
                _, minutes, unpaid = users[user]
                if at % MINUTE == 0:
                    minutes.pop(at // MINUTE - 1, None)
                for order in [order for order, created in unpaid.items() if 0 <= created <= at - PAY_WITHIN]:
                    del unpaid[order]
                    out.write(f"UNPAID,{user},{order}\n")

        for line in orders:
            try:
                fields = loads(line)
                user, amount = fields["user_id"], fields["total_amount"]
            except (ValueError, KeyError):
                continue
            if amount < 0:
                continue
            order, at = fields["order_id"], fields["order_time"]
            state = users.get(user)
            if state is None:
                state = users[user] = [0, {}, {}]
            _, minutes, unpaid = state
            if fields["order_status"] == "CREATED":
                state[0] += 1
                minute = at // MINUTE
                count = minutes[minute] = minutes.get(minute, 0) + 1
                if count == 1:
                    set_timer(user, (minute + 1) * MINUTE)
                if count == 6:
                    out.write(f"OFTEN,{user},{minute}\n")
                if order in unpaid:
                    del unpaid[order]
                else:
                    unpaid[order] = at
                    set_timer(user, at + PAY_WITHIN)
            elif order in unpaid:
                del unpaid[order]
            else:
                # paid before it was created: the records are out of order
                unpaid[order] = -1
            if at - DELAY > watermark:
                watermark = at - DELAY
                fire(watermark)
        fire(END)


started = time.perf_counter()
main(*sys.argv[1:])
tell(time.perf_counter() - started)
