"""One scenario a file, each beside its baseline. Run all: python -m benchmarks"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "functions"))
