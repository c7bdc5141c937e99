"""What is fast, and against what: each module is run by itself and prints a Markdown table."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is there, as the command does
