"""PyTorch's side of benchmarks/top-eigenvalues.mjs: Lanczos with full reorthogonalisation, without restarts, on double-backward products.

Reads a JSON specification from the file named by its argument (model, parameters, data; see the benchmark), then lines
`threads products tolerance` from stdin, and answers each with a JSON object. Run by the benchmark; needs PyTorch (Debian: python3-torch).
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


def lanczos(product, start, count, products, tolerance):
    """Until the wanted pairs' residuals are within the tolerance times the largest value, or the products are used up."""
    n = start.numel()
    basis = torch.empty(products, n, dtype=torch.float64)
    diagonal, off = [], []
    w = start / start.norm()
    for j in range(products):
        basis[j] = w
        w = product(basis[j])
        diagonal.append(float(basis[j] @ w))
        for _ in range(2):
            w -= basis[:j + 1].T @ (basis[:j + 1] @ w)
        off.append(float(w.norm()))
        w /= off[-1]
        if j + 1 < count:
            continue
        t = numpy.diag(diagonal) + numpy.diag(off[:-1], 1) + numpy.diag(off[:-1], -1)
        values, vectors = numpy.linalg.eigh(t)
        residuals = off[-1] * numpy.abs(vectors[-1, ::-1][:count])
        if (residuals <= tolerance * numpy.abs(values).max()).all():
            break
    return values[::-1][:count].tolist(), residuals.tolist(), len(diagonal)


def main():
    with open(sys.argv[1]) as file:
        spec = json.load(file)
    model, params, x, y, loss = load(spec)
    multiply = {"hessian": hvp, "ggn": ggnvp}[spec["matrix"]]
    shapes = [p.shape for p in params]
    sizes = [p.numel() for p in params]

    def product(v):
        pieces = [t.view(s).float() for t, s in zip(v.split(sizes), shapes)]
        return torch.cat([t.reshape(-1) for t in multiply(model, params, x, y, loss, pieces)]).double()

    generator = torch.Generator().manual_seed(1)
    for line in sys.stdin:
        threads, products, tolerance = line.split()
        torch.set_num_threads(int(threads))
        start = torch.randn(sum(sizes), dtype=torch.float64, generator=generator)
        product(start)
        begin = time.perf_counter()
        values, residuals, made = lanczos(product, start, spec["count"], int(products), float(tolerance))
        seconds = time.perf_counter() - begin
        print(json.dumps({"values": values, "residuals": residuals, "products": made, "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
