"""The three steps in a bare loop: no engine. usage: lambdas_loop.py COUNT"""

import sys
import time

from outcome import tell


def main(count: int) -> None:
    # local names, as fast as Python can
    add, odd = (lambda n: n + 1), (lambda n: n & 1)
    seen = 0
    started = time.perf_counter()
    for n in range(1, count + 1):
        if odd(add(n)):
            seen += 1
    print(f"COUNT={seen}")
    tell(time.perf_counter() - started)


main(int(sys.argv[1]))
