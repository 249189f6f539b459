"""SciPy's side of benchmarks/pseudo-voigt.mjs: fits a sum of pseudo-Voigt peaks by `least_squares` with the analytic Jacobian.

Reads {x, y, start, repeats} from a line of stdin and answers with a line {lm, trf}, each {parameters, milliseconds}, the median of
the repeats; until stdin ends. Parameters are amplitude, centre, width and Lorentzian share of each peak. Needs SciPy.
"""
import json
import sys
import time

import numpy as np
from scipy.optimize import least_squares

LN2 = np.log(2)


def parts(x, p):
    amplitude, centre, width, share = p.reshape(-1, 4, 1).transpose(1, 0, 2)
    t = (x - centre) / width
    square = t * t
    lorentz = 1 / (1 + square)
    gauss = np.exp(-LN2 * square)
    return amplitude, width, share, t, lorentz, gauss


def model(x, p):
    amplitude, _, share, _, lorentz, gauss = parts(x, p)
    return (amplitude * (share * lorentz + (1 - share) * gauss)).sum(axis=0)


def jacobian(x, p):
    amplitude, width, share, t, lorentz, gauss = parts(x, p)
    result = np.empty((len(x), len(p)))
    result[:, 0::4] = (share * lorentz + (1 - share) * gauss).T
    slope = amplitude * 2 * t / width * (share * lorentz * lorentz + (1 - share) * LN2 * gauss)
    result[:, 1::4] = slope.T
    result[:, 2::4] = (slope * t).T
    result[:, 3::4] = (amplitude * (lorentz - gauss)).T
    return result


def timed(x, y, start, repeats, method):
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        fit = least_squares(lambda p: model(x, p) - y, start, jac=lambda p: jacobian(x, p), method=method, x_scale="jac")
        times.append(1e3 * (time.perf_counter() - begin))
    return {"parameters": fit.x.tolist(), "milliseconds": sorted(times)[len(times) // 2], "evaluations": fit.nfev}


for line in sys.stdin:
    given = json.loads(line)
    x, y, start = (np.array(given[key]) for key in ("x", "y", "start"))
    answer = {method: timed(x, y, start, given["repeats"], method) for method in ("lm", "trf")}
    print(json.dumps(answer), flush=True)
