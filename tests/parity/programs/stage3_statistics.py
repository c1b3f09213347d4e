"""Week 3 of the course, as it is in the repository: orders counted over windows, and changes of their status.

Its modules import Flott; copies that import PyFlink, made as its README says, run on both.

compare: lines in any order
"""

import atexit
import json
import shutil
import sys
import tempfile
from pathlib import Path

from pyflink.common import Configuration, Types
from pyflink.datastream import StreamExecutionEnvironment

ROOT = Path(__file__).resolve().parents[3]
COPY = Path(tempfile.mkdtemp())
atexit.register(shutil.rmtree, COPY)
for package in ("stage1_basic_etl", "stage2_data_transformation", "stage3_window_statistics", "utils"):
    (COPY / package).mkdir()
    for module in (ROOT / package).glob("*.py"):
        text = module.read_text(encoding="utf-8").replace("from flott", "from pyflink")
        (COPY / package / module.name).write_text(text, encoding="utf-8")
sys.path.insert(0, str(COPY))

from stage3_window_statistics.order_statistics import as_json, late_line, read_orders  # noqa: E402
from stage3_window_statistics.order_windows import order_times, order_windows  # noqa: E402


def message(order_id, user, amount, status, time, *items):
    fields = {"order_id": order_id, "user_id": user, "amount": amount, "status": status, "timestamp": time}
    fields["items"] = [{"id": id, "price": price, "quantity": quantity} for id, price, quantity in items]
    return json.dumps(fields)


AMOUNTS = (100.50, 200.75, 150.25, 300.00, 175.50, 225.80, 125.30, 275.90, 190.25, 210.45)
STATUSES = {"c": "completed", "p": "pending", "f": "failed"}
# the ten orders of the course: one every five minutes, 1954.70 together
MESSAGES = [
    message(str(n), user, amount, STATUSES[status], f"2024-01-01 10:{5 * n:02}:00")
    for n, (amount, user, status) in enumerate(zip(AMOUNTS, "1231425316", "cpcfcpccpc"))
]
MESSAGES += [
    # another hour: two orders in a minute, out of order, then a session that an order in between makes longer
    message("a", "7", 49.99, "pending", "2024-01-01 11:00:30", ("I001", 49.99, 1)),
    message("b", "7", 25.01, "pending", "2024-01-01 11:00:27", ("I002", 12.505, 2)),
    message("c", "7", 10, "completed", "2024-01-01 11:18:00", ("I001", 5, 2)),
    message("d", "7", 20, "completed", "2024-01-01 11:09:00", ("I001", 5, 4)),
    # what became of the pending ones, in the wrong order, and one message twice
    message("a", "7", 49.99, "failed", "2024-01-01 11:30:20"),
    message("a", "7", 49.99, "completed", "2024-01-01 11:30:10"),
    message("b", "7", 25.01, "completed", "2024-01-01 11:30:40"),
    message("b", "7", 25.01, "completed", "2024-01-01 11:30:40"),
    # of no use
    message("e", "8", -1, "completed", "2024-01-01 11:31:00"),
    '{"order_id": ',
]
# ten orders of one user, in two hours
MESSAGES += [message(f"t{n}", "9", 0.1, "completed", f"2024-01-01 12:5{n}:59") for n in range(10)]

configuration = Configuration()
# No watermark before the end: which records are late would depend on the machine's speed.
configuration.set_string("pipeline.auto-watermark-interval", "0 ms")
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.add_python_file(str(COPY))
orders, rejected = read_orders(env.from_collection(MESSAGES, Types.STRING()))
windows = order_windows(orders.assign_timestamps_and_watermarks(order_times()))
as_json(windows.rows).print()
rejected.map(lambda letter: letter[2], output_type=Types.STRING()).print("rejected")
windows.late_orders.map(lambda order: late_line("order", order), output_type=Types.STRING()).print("late")
windows.late_changes.map(lambda order: late_line("change", order), output_type=Types.STRING()).print("late")
env.execute("stage 3")
