"""Three rising orders of a user within a minute, found by hand: all orders of each user in memory, sorted at the end.

usage: cep_loop.py IN OUT
"""

import json
import os
import sys
import time

from outcome import tell

MINUTE = 60_000


def main(source, folder):
    os.makedirs(f"{folder}/matches")
    users = {}
    with open(source) as orders:
        for line in orders:
            try:
                order = json.loads(line)
                user, amount = order["user_id"], order["total_amount"]
            except (ValueError, KeyError):
                continue
            if amount >= 0:
                users.setdefault(user, []).append((order["order_time"], amount, order["order_id"]))
    with open(f"{folder}/matches/part", "w") as out:
        for user, orders in users.items():
            orders.sort(key=lambda order: order[0])
            at = 0
            while at + 2 < len(orders):
                a, b, c = orders[at : at + 3]
                if a[1] < b[1] < c[1] and c[0] - a[0] < MINUTE:
                    out.write(f"{user},{a[2]},{b[2]},{c[2]}\n")
                    at += 3
                else:
                    at += 1


started = time.perf_counter()
main(*sys.argv[1:])
tell(time.perf_counter() - started)
