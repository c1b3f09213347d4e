"""Week 4 of the course, as it is in the repository: states of orders, too many orders, and payments that never came.

Those of its detectors that PyFlink can run, which has no patterns. Its modules import Flott; copies that import
PyFlink, made as its README says, run on both.

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
COURSE = ("stage1_basic_etl", "stage2_data_transformation", "stage3_window_statistics", "stage4_state_cep", "utils")
for package in COURSE:
    (COPY / package).mkdir()
    for module in (ROOT / package).glob("*.py"):
        text = module.read_text(encoding="utf-8").replace("from flott", "from pyflink")
        (COPY / package / module.name).write_text(text, encoding="utf-8")
sys.path.insert(0, str(COPY))

from stage3_window_statistics.order_windows import order_times  # noqa: E402
from stage4_state_cep.detection import detect  # noqa: E402
from stage4_state_cep.order_anomaly_detector import find_anomalies  # noqa: E402
from stage4_state_cep.order_state_machine import find_illegal_transitions  # noqa: E402
from stage4_state_cep.order_timeout_detector import find_timeouts  # noqa: E402
from stage4_state_cep.user_actions import Actions  # noqa: E402


def message(order_id, time, status="CREATED", amount=10, user="U1"):
    fields = {"order_id": order_id, "user_id": user, "amount": amount, "status": status}
    return json.dumps({**fields, "timestamp": f"2024-01-01 {time}"})


# an order that goes well, its messages in the wrong order, one of them twice
MESSAGES = [
    message("good", "10:40:00", "SHIPPED", user="A"),
    message("good", "10:30:00", "PAID", user="A"),
    message("good", "10:00:00", user="A"),
    message("good", "10:00:00", user="A"),
    message("good", "11:40:00", "COMPLETED", user="A"),
    message("good", "11:40:01", "CANCELLED", user="A"),
]
# never paid, paid a second too late, and cancelled in time
MESSAGES += [
    message("unpaid", "10:00:00", user="B"),
    message("late", "11:00:00", user="B"),
    message("late", "11:30:01", "PAID", user="B"),
    message("cancelled", "12:00:00", user="B"),
    message("cancelled", "12:10:00", "CANCELLED", user="B"),
]
# two steps that are not allowed, one on an order that nobody knows
MESSAGES += [
    message("skips", "10:00:00", user="C"),
    message("skips", "10:20:00", "SHIPPED", user="C"),
    message("skips", "10:20:01", "COMPLETED", user="C"),
    message("skips", "10:25:00", "PAID", user="C"),
    message("unknown", "10:20:00", "PAID", user="C"),
    # a day later it is forgotten
    message("skips", "10:00:00", user="C").replace("2024-01-01", "2024-01-03"),
]
# seven orders in a minute, the seventh when the first is a minute old; a run of three; two that are none
MESSAGES += [message(f"often{n}", time, user="D") for n, time in enumerate(f"10:00:{5 * n:02}" for n in range(6))]
MESSAGES += [message("often6", "10:01:00", user="D"), message("later", "10:11:01", user="D")]
MESSAGES += [message(f"run{n}", f"10:{10 * n:02}:00", amount=0.1, user="E") for n in range(3)]
MESSAGES += [message(f"two{n}", f"10:{10 * n:02}:00", user="F") for n in range(2)]
# large, and not quite
MESSAGES += [message("large", "10:00:00", amount=10000.01, user="G")]
MESSAGES += [message("not", "15:00:00", amount=10000, user="G")]
# of no use
MESSAGES += [message("lost", "10:00:00", "LOST"), message("free", "10:00:00", amount=0), '{"order_id": "x"}', "{"]

configuration = Configuration()
# No watermark before the end: which messages are late would depend on the machine's speed.
configuration.set_string("pipeline.auto-watermark-interval", "0 ms")
env = StreamExecutionEnvironment.get_execution_environment(configuration)
env.add_python_file(str(COPY))
texts = env.from_collection(MESSAGES, Types.STRING())
no_actions = Actions(lambda: env.from_collection([], Types.STRING()))
detected = detect(texts, [find_illegal_transitions, find_anomalies, find_timeouts], order_times(), no_actions)


def without_clock(row):
    *fields, _ = row
    return " | ".join(map(str, fields))


def without_time(line):
    fields = json.loads(line)
    fields.pop("time" if "reason" in fields else "", None)
    return json.dumps(fields)


detected.anomalies.map(without_clock, output_type=Types.STRING()).print()
for name, lines in detected.logs.items():
    lines.map(without_time, output_type=Types.STRING()).print(name)
env.execute("stage 4")
