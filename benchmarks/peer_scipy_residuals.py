"""SciPy's side of benchmarks/fit-mgh.mjs: `least_squares` on residuals that the other side evaluates.

Reads lines of JSON: {"start": […], "m": …, "method": …, "x_scale": …} asks for a fit, which is answered by {"cost": …}, null where it
failed. In between it writes {"at": […]} and reads {"r": […], "j": [[…]]} back, null for what is not finite. Needs SciPy.
"""
import json
import sys

import numpy as np
from scipy.optimize import least_squares


def send(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def evaluate(x):
    """r and J at x; NaN where x itself is not finite, which JSON cannot say."""
    if not np.all(np.isfinite(x)):
        return np.full(shape[0], np.nan), np.full(shape, np.nan)
    send({"at": x.tolist()})
    answer = json.loads(sys.stdin.readline())
    return np.array(answer["r"], dtype=float), np.array(answer["j"], dtype=float)


np.seterr(all="ignore")
for line in iter(sys.stdin.readline, ""):
    request = json.loads(line)
    shape = (request["m"], len(request["start"]))
    try:
        fit = least_squares(
            lambda x: evaluate(x)[0],
            request["start"],
            jac=lambda x: evaluate(x)[1],
            method=request["method"],
            x_scale=request["x_scale"],
            max_nfev=4000,
        )
        send({"cost": float(fit.cost) if np.isfinite(fit.cost) else None})
    except (ValueError, np.linalg.LinAlgError):  # residuals or Jacobians that are not finite
        send({"cost": None})
