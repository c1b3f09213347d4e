"""All detectors of this week in one job, over one reading of each topic.

python stage4_state_cep/order_watch.py --bounded     # read what is in the topics, then end
python stage4_state_cep/order_watch.py               # go on until Ctrl-C
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stage4_state_cep.detection import Detector, main
from stage4_state_cep.order_anomaly_detector import find_anomalies
from stage4_state_cep.order_cep_processor import find_what_only_patterns_find
from stage4_state_cep.order_state_machine import find_illegal_transitions
from stage4_state_cep.order_timeout_detector import find_timeouts

DETECTORS: tuple[Detector, ...] = (
    find_illegal_transitions,
    find_anomalies,
    find_timeouts,
    find_what_only_patterns_find,
)

if __name__ == "__main__":
    sys.exit(main("order_watch", DETECTORS))
