"""PyTorch's side of benchmarks/top-eigenvalues.mjs: the same Lanczos with thick restarts as osculate's, on double-backward products.

Reads a JSON specification from the file named by its argument (model, parameters, data, start; see the benchmark), then lines
`threads products tolerance basis` from stdin, and answers each with a JSON object. Run by the benchmark; needs PyTorch (Debian:
python3-torch).
"""
import json
import sys
import time

import numpy
import torch
from torch import nn

from peer_torch import Block, ggnvp, hvp


def floats(path, shape):
    return torch.from_numpy(numpy.fromfile(path, dtype=numpy.float32).reshape(shape).copy())


def autoencoder(spec):
    """Logistic units everywhere but in the code layer and in the last."""
    layers = []
    for i, (inputs, outputs) in enumerate(zip(spec["widths"], spec["widths"][1:])):
        layers.append(nn.Linear(inputs, outputs))
        if i not in spec["linear"]:
            layers.append(nn.Sigmoid())
    model = nn.Sequential(*layers)
    return model, list(model.parameters())


def transformer(spec):
    blocks = [Block(spec["size"], spec["heads"]) for _ in range(spec["blocks"])]
    head = nn.Linear(spec["size"], spec["classes"])
    order = [p for b in blocks for m in (b.n1, b.a.q, b.a.k, b.a.v, b.a.o, b.n2, b.f1, b.f2) for p in (m.weight, m.bias)]
    return nn.Sequential(*blocks, head), order + [head.weight, head.bias]


def binary_loss(z, y):
    return nn.functional.binary_cross_entropy_with_logits(z, y, reduction="sum") / z.shape[0]


def class_loss(z, y):
    return nn.functional.cross_entropy(z.flatten(0, 1), y.flatten())


def load(spec):
    model, params = (autoencoder if spec["kind"] == "autoencoder" else transformer)(spec)
    flat, at = floats(spec["parameters"], [-1]), 0
    with torch.no_grad():
        for p in params:
            p.copy_(flat[at:at + p.numel()].view_as(p))
            at += p.numel()
    assert at == flat.numel(), f"{flat.numel()} parameters were given and the model has {at}"
    x = floats(spec["x"], spec["shape"])
    if spec["kind"] == "autoencoder":
        return model, params, x, x, binary_loss
    y = torch.from_numpy(numpy.fromfile(spec["y"], dtype=numpy.int32).astype(numpy.int64).reshape(spec["shape"][:2]))
    return model, params, x, y, class_loss


def orthogonalize(basis, expected, w):
    """Takes the recurrence's parts out of w, then what rounding left of the others, again where that took much away."""
    column = expected.clone()
    column[-1] += basis[-1] @ w
    # After a restart the recurrence couples the vector to all others, else to the one before it.
    known = basis if int((column != 0).sum()) > 2 else basis[-2:]
    w -= column[-len(known):] @ known
    before, left = numpy.inf, float(w.norm())
    for _ in range(3):
        if left >= numpy.sqrt(0.5) * before:
            break
        parts = basis @ w
        column += parts
        w -= parts @ basis
        before, left = left, float(w.norm())
    return column, left


def lanczos(product, start, count, products, tolerance, limit):
    """Until the wanted pairs' residuals are within the tolerance times the largest value, or the products are used up."""
    basis = torch.empty(limit, start.numel())
    h = numpy.zeros((limit, limit))
    expected = torch.zeros(limit)
    size, following = 0, start / start.norm()
    for made in range(1, products + 1):
        basis[size] = following
        size += 1
        w = product(basis[size - 1])
        column, coupling = orthogonalize(basis[:size], expected[:size], w)
        h[:size, size - 1] = h[size - 1, :size] = column.numpy()
        following = w.div_(coupling)
        expected.zero_()
        expected[size - 1] = coupling
        if size < count:
            continue
        values, vectors = numpy.linalg.eigh(h[:size, :size])
        values, vectors = values[::-1], vectors[:, ::-1]
        residuals = coupling * numpy.abs(vectors[-1, :count])
        done = (residuals <= tolerance * numpy.abs(values).max()).all() or made == products
        if not done and size < limit:
            continue
        kept = count if done else min(limit - 1, count + (limit - count) // 2)
        factors = torch.from_numpy(vectors[:, :kept].copy()).float()
        for at in range(0, basis.shape[1], 1 << 16):
            basis[:kept, at:at + (1 << 16)] = factors.T @ basis[:size, at:at + (1 << 16)]
        if done:
            return values[:count].copy(), basis[:count], made
        h[:] = 0
        h[range(kept), range(kept)] = values[:kept]
        expected[:kept] = torch.from_numpy(coupling * vectors[-1, :kept]).float()
        size = kept


def main():
    with open(sys.argv[1]) as file:
        spec = json.load(file)
    model, params, x, y, loss = load(spec)
    multiply = {"hessian": hvp, "ggn": ggnvp}[spec["matrix"]]
    shapes = [p.shape for p in params]
    sizes = [p.numel() for p in params]

    def product(v):
        pieces = [t.view(s) for t, s in zip(v.split(sizes), shapes)]
        return torch.cat([t.reshape(-1) for t in multiply(model, params, x, y, loss, pieces)])

    for line in sys.stdin:
        threads, products, tolerance, limit = line.split()
        torch.set_num_threads(int(threads))
        start = floats(spec["start"], [-1])
        product(start)
        begin = time.perf_counter()
        values, vectors, made = lanczos(product, start, spec["count"], int(products), float(tolerance), int(limit))
        seconds = time.perf_counter() - begin
        # Of the true products, for comparison: not part of the time.
        errors = [float((product(v) - float(value) * v).norm()) for value, v in zip(values, vectors)]
        answer = {"values": values.tolist(), "residuals": errors, "products": made, "seconds": seconds}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
