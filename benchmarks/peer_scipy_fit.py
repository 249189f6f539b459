"""SciPy's side of benchmarks/nist.mjs: fits the NIST models from the data and starts that it is given on stdin.

Reads one JSON list of {name, x, y, start}, x as rows of predictors, and answers with one JSON list of
{default: {parameters, milliseconds}, analytic: {…}} in that order: `least_squares(method='lm')` with its default
(differenced) and with the analytic Jacobian, the median of several fits. Needs SciPy.
"""
import json
import sys
import time

import numpy as np
from scipy.optimize import least_squares

REPEATS = 7
one = np.ones_like


def columns(*parts):
    return np.stack(np.broadcast_arrays(*parts), axis=-1)


def saturation(x, b):
    e = np.exp(-b[1] * x)
    return b[0] * (1 - e), columns(1 - e, b[0] * x * e)


def chwirut(x, b):
    e, d = np.exp(-b[0] * x), b[1] + b[2] * x
    f = e / d
    return f, columns(-x * f, -f / d, -x * f / d)


def waves(x, b):
    f, j = b[0] + 0 * x, [one(x)]
    a = 2 * np.pi * x / 12
    f = f + b[1] * np.cos(a) + b[2] * np.sin(a)
    j += [np.cos(a), np.sin(a)]
    for k in (3, 6):
        a = 2 * np.pi * x / b[k]
        c, s = np.cos(a), np.sin(a)
        f = f + b[k + 1] * c + b[k + 2] * s
        j += [(b[k + 1] * s - b[k + 2] * c) * a / b[k], c, s]
    return f, columns(*j)


def peaks(x, b):
    e = np.exp(-b[1] * x)
    f, j = b[0] * e, [e, -b[0] * x * e]
    for k in (2, 5):
        z = (x - b[k + 1]) / b[k + 2]
        e = np.exp(-z * z)
        f = f + b[k] * e
        j += [e, 2 * b[k] * e * z / b[k + 2], 2 * b[k] * e * z * z / b[k + 2]]
    return f, columns(*j)


def rational(p, q):
    def model(x, b):
        top = sum(b[i] * x**i for i in range(p + 1))
        bottom = 1 + sum(b[p + i] * x**i for i in range(1, q + 1))
        f = top / bottom
        return f, columns(*[x**i / bottom for i in range(p + 1)], *[-f * x**i / bottom for i in range(1, q + 1)])

    return model


def exponentials(x, b):
    f, j = 0, []
    for k in range(0, len(b), 2):
        e = np.exp(-b[k + 1] * x)
        f = f + b[k] * e
        j += [e, -b[k] * x * e]
    return f, columns(*j)


def bennett5(x, b):
    base = b[1] + x
    power = base ** (-1 / b[2])
    f = b[0] * power
    return f, columns(power, -f / b[2] / base, f * np.log(base) / b[2] ** 2)


def danwood(x, b):
    power = x ** b[1]
    return b[0] * power, columns(power, b[0] * power * np.log(x))


def eckerle4(x, b):
    z = (x - b[2]) / b[1]
    e = np.exp(-0.5 * z * z)
    f = b[0] / b[1] * e
    return f, columns(e / b[1], f * (z * z - 1) / b[1], f * z / b[1])


def mgh09(x, b):
    top, bottom = x * x + x * b[1], x * x + x * b[2] + b[3]
    f = b[0] * top / bottom
    return f, columns(top / bottom, b[0] * x / bottom, -f * x / bottom, -f / bottom)


def mgh10(x, b):
    e = np.exp(b[1] / (x + b[2]))
    f = b[0] * e
    return f, columns(e, f / (x + b[2]), -f * b[1] / (x + b[2]) ** 2)


def mgh17(x, b):
    e, g = np.exp(-x * b[3]), np.exp(-x * b[4])
    return b[0] + b[1] * e + b[2] * g, columns(one(x), e, g, -x * b[1] * e, -x * b[2] * g)


def misra1b(x, b):
    u = 1 + b[1] * x / 2
    return b[0] * (1 - u**-2), columns(1 - u**-2, b[0] * x * u**-3)


def misra1c(x, b):
    u = 1 + 2 * b[1] * x
    return b[0] * (1 - u**-0.5), columns(1 - u**-0.5, b[0] * x * u**-1.5)


def misra1d(x, b):
    u = 1 + b[1] * x
    return b[0] * b[1] * x / u, columns(b[1] * x / u, b[0] * x / u**2)


def nelson(x, b):
    e = np.exp(-b[2] * x[1])
    return b[0] - b[1] * x[0] * e, columns(one(e), -x[0] * e, b[1] * x[0] * x[1] * e)


def rat42(x, b):
    e = np.exp(b[1] - b[2] * x)
    f = b[0] / (1 + e)
    return f, columns(1 / (1 + e), -f * e / (1 + e), f * x * e / (1 + e))


def rat43(x, b):
    e = np.exp(b[1] - b[2] * x)
    power = (1 + e) ** (-1 / b[3])
    f = b[0] * power
    slope = f * e / (1 + e) / b[3]
    return f, columns(power, -slope, x * slope, f * np.log1p(e) / b[3] ** 2)


def roszman1(x, b):
    u = x - b[3]
    d = np.pi * (u * u + b[2] ** 2)
    return b[0] - b[1] * x - np.arctan(b[2] / u) / np.pi, columns(one(x), -x, -u / d, -b[2] / d)


models = {
    "Bennett5": bennett5, "BoxBOD": saturation, "Chwirut1": chwirut, "Chwirut2": chwirut, "DanWood": danwood,
    "ENSO": waves, "Eckerle4": eckerle4, "Gauss1": peaks, "Gauss2": peaks, "Gauss3": peaks, "Hahn1": rational(3, 3),
    "Kirby2": rational(2, 2), "Lanczos1": exponentials, "Lanczos2": exponentials, "Lanczos3": exponentials,
    "MGH09": mgh09, "MGH10": mgh10, "MGH17": mgh17, "Misra1a": saturation, "Misra1b": misra1b, "Misra1c": misra1c,
    "Misra1d": misra1d, "Nelson": nelson, "Rat42": rat42, "Rat43": rat43, "Roszman1": roszman1,
    "Thurber": rational(3, 3),
}


def fit(model, x, y, start, analytic):
    jac = {"jac": lambda b: model(x, b)[1]} if analytic else {}
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        try:
            found = least_squares(lambda b: model(x, b)[0] - y, start, method="lm", **jac).x.tolist()
        except ValueError:  # residuals that are not finite
            found = [float(b) for b in start]
        times.append(1e3 * (time.perf_counter() - begin))
    return {"parameters": found, "milliseconds": float(np.median(times))}


np.seterr(all="ignore")
answers = []
for problem in json.load(sys.stdin):
    x = np.array(problem["x"]).T
    x = x[0] if len(x) == 1 else x
    y, start, model = np.array(problem["y"]), np.array(problem["start"]), models[problem["name"]]
    answers.append({kind: fit(model, x, y, start, kind == "analytic") for kind in ("default", "analytic")})
json.dump(answers, sys.stdout)
