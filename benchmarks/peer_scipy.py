"""SciPy's side of benchmarks/linalg.mjs: times what it is asked to on random matrices of its own.

Reads lines `case order repeats` from stdin, e.g. `cholesky 1024 5`, and answers each with a JSON list of milliseconds.
Run by the benchmark with one OpenBLAS thread; needs SciPy (Debian: python3-scipy).
"""
import json
import sys
import time

import numpy as np
from scipy import linalg

generator = np.random.default_rng(0)
made = {}


def operand(case, n):
    if (case, n) not in made:
        a = generator.standard_normal((n, n))
        if case == "cholesky":
            a = a @ a.T + n * np.eye(n)
        elif case == "eigh":
            a = a + a.T
        made[case, n] = np.asfortranarray(a)
    return made[case, n]


cases = {
    "multiply": lambda a: a @ a,
    "cholesky": lambda a: linalg.cholesky(a, lower=True, check_finite=True),
    "eigh": lambda a: linalg.eigh(a, driver="evd"),
    "qr": lambda a: linalg.qr(a, mode="economic"),
    "svd": lambda a: linalg.svd(a),
}

for line in sys.stdin:
    case, n, repeats = line.split()
    a = operand(case, int(n))
    times = []
    for _ in range(int(repeats)):
        start = time.perf_counter()
        cases[case](a)
        times.append((time.perf_counter() - start) * 1e3)
    print(json.dumps(times), flush=True)
