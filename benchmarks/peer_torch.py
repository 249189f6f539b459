"""PyTorch's side of benchmarks/speed.mjs: builds the same models and times what it is asked to.

Reads lines `case kind threads repeats` from stdin, e.g. `mlp hvp 2 10`, and answers each with a JSON list of milliseconds.
Run by the benchmark; needs PyTorch (Debian: python3-torch).
"""
import json
import sys
import time

import torch
from torch import nn

torch.manual_seed(0)


class Attention(nn.Module):
    """Multi-head self-attention from separate projections, as nn.multiHeadAttention in osculate."""

    def __init__(self, size, heads):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(size, size) for _ in range(4))
        self.heads = heads

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (f(x).view(b, t, self.heads, d // self.heads).transpose(1, 2) for f in (self.q, self.k, self.v))
        a = torch.softmax(q @ k.transpose(-2, -1) / (d // self.heads) ** 0.5, -1)
        return self.o((a @ v).transpose(1, 2).reshape(b, t, d))


class Block(nn.Module):
    def __init__(self, size, heads):
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(size), nn.LayerNorm(size)
        self.a = Attention(size, heads)
        self.f1, self.f2 = nn.Linear(size, 4 * size), nn.Linear(4 * size, size)

    def forward(self, x):
        x = x + self.a(self.n1(x))
        return x + self.f2(nn.functional.gelu(self.f1(self.n2(x))))


class Lstm(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.r = nn.LSTM(inputs, hidden, batch_first=True)
        self.l = nn.Linear(hidden, outputs)

    def forward(self, x):
        return self.l(self.r(x)[0][:, -1])


def cross_entropy(z, y):
    return nn.functional.cross_entropy(z, y)


def squared_error(z, y):
    return ((z - y) ** 2).mean()


def cases():
    mlp = nn.Sequential(nn.Linear(784, 256), nn.Tanh(), nn.Linear(256, 128), nn.Tanh(), nn.Linear(128, 10))
    cnn = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1568, 10))
    return {
        "mlp": (mlp, torch.randn(256, 784), torch.randint(0, 10, (256,)), cross_entropy),
        "cnn": (cnn, torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,)), cross_entropy),
        "attention": (Attention(128, 4), torch.randn(16, 64, 128), torch.randn(16, 64, 128), squared_error),
        "lstm": (Lstm(64, 128, 10), torch.randn(32, 50, 64), torch.randint(0, 10, (32,)), cross_entropy),
        "block": (Block(128, 4), torch.randn(16, 64, 128), torch.randn(16, 64, 128), squared_error),
    }


def gradient(model, params, x, y, loss, v):
    return torch.autograd.grad(loss(model(x), y), params)


def hvp(model, params, x, y, loss, v):
    """The usual double-backward: the gradient of <gradient, v>."""
    g = torch.autograd.grad(loss(model(x), y), params, create_graph=True)
    return torch.autograd.grad(sum((a * b).sum() for a, b in zip(g, v)), params)


def ggnvp(model, params, x, y, loss, v):
    """J'HJv as BackPACK and curvlinops do it on a plain model: J v by the double-backward trick, then H, then a VJP."""
    z = model(x)
    u = torch.zeros_like(z, requires_grad=True)
    jt = torch.autograd.grad(z, params, u, create_graph=True)
    jv, = torch.autograd.grad(jt, u, v, retain_graph=True)
    zd = z.detach().requires_grad_()
    slope, = torch.autograd.grad(loss(zd, y), zd, create_graph=True)
    hjv, = torch.autograd.grad(slope, zd, jv.detach())
    return torch.autograd.grad(z, params, hjv)


KINDS = {"gradient": gradient, "hvp": hvp, "ggnvp": ggnvp}


def main():
    table = cases()
    directions = {name: [torch.randn_like(p) for p in case[0].parameters()] for name, case in table.items()}
    for line in sys.stdin:
        name, kind, threads, repeats = line.split()
        torch.set_num_threads(int(threads))
        model, x, y, loss = table[name]
        params = list(model.parameters())
        times = []
        for _ in range(int(repeats)):
            start = time.perf_counter()
            KINDS[kind](model, params, x, y, loss, directions[name])
            times.append(1e3 * (time.perf_counter() - start))
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    main()
