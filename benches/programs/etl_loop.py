"""The same functions in a bare loop: no engine. usage: etl_loop.py IN OUT"""

import os
import sys
import time

from order_functions import order_lines, read_order
from outcome import tell

source, out = sys.argv[1:]
started = time.perf_counter()
for folder in ("lines", "rejects"):
    os.makedirs(f"{out}/{folder}")
with open(source) as orders, open(f"{out}/lines/part", "w") as lines, open(f"{out}/rejects/part", "w") as rejects:
    for line in orders:
        order = read_order(line)
        if order is None:
            rejects.write(line)
        else:
            for text in order_lines(order):
                lines.write(text + "\n")
tell(time.perf_counter() - started)
