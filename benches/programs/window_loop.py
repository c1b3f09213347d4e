"""What each user ordered in each minute in a bare loop, which keeps watermarks by itself: no engine.

usage: window_loop.py IN OUT
"""

import os
import sys
import time

from order_functions import order_event, window_line
from outcome import tell

MINUTE, DELAY = 60_000, 5_000


def write(windows, until, out):
    """Writes the windows that end before ``until`` and forgets them."""
    for start in sorted(start for start in windows if start + MINUTE <= until):
        for user, (count, total) in windows.pop(start).items():
            out.write(window_line(user, start, count, total) + "\n")


def main(source, folder):
    os.makedirs(f"{folder}/windows")
    windows, newest, first_end = {}, 0, 0
    with open(source) as orders, open(f"{folder}/windows/part", "w") as out:
        for line in orders:
            for user, amount, at in order_event(line):
                start = at - at % MINUTE
                users = windows.get(start)
                if users is None:
                    users = windows[start] = {}
                    first_end = min(windows) + MINUTE
                before = users.get(user)
                users[user] = (1, amount) if before is None else (before[0] + 1, before[1] + amount)
                if at > newest:
                    newest = at
                    if newest - DELAY > first_end:
                        write(windows, newest - DELAY, out)
                        first_end = min(windows) + MINUTE
        write(windows, newest + MINUTE + 1, out)


started = time.perf_counter()
main(*sys.argv[1:])
tell(time.perf_counter() - started)
