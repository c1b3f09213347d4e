"""Week 2 of the course, as it is in the repository: messages read, cleaned, validated, split, and dead letters.

Its modules import Flott; copies that import PyFlink, made as its README says, run on both.

compare: lines in any order
"""

import atexit
import shutil
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment

ROOT = Path(__file__).resolve().parents[3]
COPY = Path(tempfile.mkdtemp())
atexit.register(shutil.rmtree, COPY)
for package in ("stage1_basic_etl", "stage2_data_transformation", "utils"):
    (COPY / package).mkdir()
    for module in (ROOT / package).glob("*.py"):
        text = module.read_text(encoding="utf-8").replace("from flott", "from pyflink")
        (COPY / package / module.name).write_text(text, encoding="utf-8")
sys.path.insert(0, str(COPY))

from stage2_data_transformation.dead_letters import DEAD_LETTER_FIELDS, dead_letter_json  # noqa: E402
from stage2_data_transformation.order_transformer import transform  # noqa: E402

MESSAGES = [
    # the five of the course: 1003 says 75.25, and 3 x 25 is 75
    '{"order_id": "1001", "user_id": "U1", "amount": 99.99, "timestamp": "2024-01-01 10:00:00", "status": "completed",'
    ' "items": [{"id": "I001", "name": "茶杯 🍵", "price": 49.99, "quantity": 1},'
    ' {"id": "I002", "name": "Tea", "price": 25, "quantity": 2}]}',
    '{"order_id": "1002", "user_id": "U2", "amount": 149.50, "timestamp": "2024-01-01 10:05:00", "status": "pending",'
    ' "items": [{"id": "I003", "price": 149.50, "quantity": 1}]}',
    '{"order_id": "1003", "user_id": "U1", "amount": 75.25, "timestamp": "2024-01-01 10:10:00", "status": "completed",'
    ' "items": [{"id": "I004", "name": "Mat", "price": 25.00, "quantity": 3}]}',
    '{"order_id": "1004", "user_id": "U3", "amount": 200, "timestamp": "2024-01-01 10:15:00", "status": "failed",'
    ' "items": [{"id": "I005", "name": "Lamp", "price": 100, "quantity": 2}]}',
    '{"order_id": "1005", "user_id": "U1", "amount": 299.99, "timestamp": "2024-01-01 10:20:00",'
    ' "items": [{"id": "I006", "name": "Chair", "price": 299.99, "quantity": 1}]}',
    # right, and badly written
    '{"order_id": 1006, "user_id": " U4 ", "amount": "1,299.00", "status": "Completed ", "items": {"id": "I007",'
    ' "name": "Office   chair", "price": "1,299.00", "quantity": "1"}, "timestamp": "2024-01-01T02:25:00Z"}',
    '{"order_id": "1007", "user_id": "U5", "amount": 3, "status": "pending", "timestamp": 1704076200000,'
    ' "items": [{"id": "I008", "name": "  ", "price": 1.5, "quantity": 2.0}]}',
    # of no use
    "",
    '{"order_id": "1008", ',
    '["order"]',
    '{"order_id": "1009", "amount": 1, "timestamp": "2024-01-01 10:30:00"}',
    '{"order_id": "1010", "user_id": "U1", "amount": "¥10", "timestamp": "2024-01-01 10:30:00"}',
    '{"order_id": "1011", "user_id": "U1", "amount": 10, "timestamp": "2024-02-30 10:30:00"}',
    '{"order_id": "1012", "user_id": "U1", "amount": 12345678901, "timestamp": "2024-01-01 10:30:00"}',
    '{"order_id": "1013", "user_id": "U1", "amount": -1, "timestamp": "2024-01-01 10:30:00", "status": "done",'
    ' "items": [{"id": "I001", "price": -1, "quantity": 0}]}',
    '{"order_id": "\ufffd", "user_id": "U1"}',
]


def without_times(letter):
    """When it was rejected is another time in every run, and a collection's records have no time of their own."""
    return " | ".join(map(str, letter[: DEAD_LETTER_FIELDS.index("ts")]))


env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
env.add_python_file(str(COPY))
orders = transform(env.from_collection(MESSAGES, Types.STRING()), datetime(2024, 1, 2, 3, 4, 5))
orders.headers.print("header")
orders.lines.print("line")
orders.rejected.map(without_times, output_type=Types.STRING()).print("rejected")
orders.rejected.map(lambda letter: dead_letter_json(letter)[:30], output_type=Types.STRING()).print("json")
orders.changes.print("change")
env.execute("stage 2")
