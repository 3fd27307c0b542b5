"""Run the programs that are read, one JSON string a line; write what each prints, and its error."""

import contextlib
import io
import json
import sys
import traceback

for line in sys.stdin:
    printed, error = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile(json.loads(line), "sample", "exec"), {"__name__": "__main__"})
        except Exception:
            error = traceback.format_exc()
    print(json.dumps({"printed": printed.getvalue(), "error": error}), flush=True)
