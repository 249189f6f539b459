"""SciPy's side of benchmarks/bundle-adjustment.mjs: the scene comes as JSON on stdin.

`least_squares` by trust-region reflective steps with LSMR, the Jacobian by differences in groups of its sparsity pattern and scaled by its
columns, as in SciPy's cookbook on bundle adjustment: once with the cookbook's tolerance and once with a tight one. Needs SciPy.
"""
import json
import sys
import time

import numpy as np
from scipy.optimize import least_squares
from scipy.sparse import lil_matrix

problem = json.load(sys.stdin)
flat = lambda x: np.array(list(x.values()) if isinstance(x, dict) else x, dtype=float)
cameras = flat(problem["cameras"]).reshape(-1, 9)
points = flat(problem["points"]).reshape(-1, 3)
camera = np.array(problem["observations"]["camera"])
point = np.array(problem["observations"]["point"])
observed = flat(problem["observations"]["data"]).reshape(-1, 2)


def residuals(x):
    c = x[: cameras.size].reshape(-1, 9)[camera]
    p = x[cameras.size :].reshape(-1, 3)[point]
    angle = np.linalg.norm(c[:, :3], axis=1)[:, None]
    k = c[:, :3] / angle
    cosine, sine = np.cos(angle), np.sin(angle)
    p = cosine * p + sine * np.cross(k, p) + (1 - cosine) * np.sum(k * p, axis=1)[:, None] * k + c[:, 3:6]
    p = -p[:, :2] / p[:, 2:]
    square = np.sum(p**2, axis=1)
    scale = c[:, 6] * (1 + c[:, 7] * square + c[:, 8] * square**2)
    return (scale[:, None] * p - observed).ravel()


rows = np.arange(len(camera))
sparsity = lil_matrix((2 * len(camera), cameras.size + points.size), dtype=int)
for i in range(2):
    for j in range(9):
        sparsity[2 * rows + i, camera * 9 + j] = 1
    for j in range(3):
        sparsity[2 * rows + i, cameras.size + point * 3 + j] = 1

start = np.hstack([cameras.ravel(), points.ravel()])
results = []
for name, ftol in [("SciPy trf, ftol=1e-4", 1e-4), ("SciPy trf, ftol=1e-12", 1e-12)]:
    begin = time.perf_counter()
    fit = least_squares(
        residuals, start, jac_sparsity=sparsity, x_scale="jac", ftol=ftol, xtol=1e-10, method="trf", max_nfev=30
    )
    results.append(
        {"name": name, "cost": fit.cost, "seconds": time.perf_counter() - begin, "evaluations": int(fit.nfev)}
    )
print(json.dumps(results))
