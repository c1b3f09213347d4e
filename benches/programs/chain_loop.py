"""The same three functions in a bare loop: no engine. usage: chain_loop.py COUNT"""

import sys
import time

from chain_functions import Total, charge, order
from outcome import tell


def main(count: int) -> None:
    add = Total(count).flat_map
    started = time.perf_counter()
    for n in range(1, count + 1):
        results = add(charge(order(n)))
        if results:
            print(*results)
    tell(time.perf_counter() - started)


main(int(sys.argv[1]))
