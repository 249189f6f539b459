"""PyTorch's side of benchmarks/autoencoder-target.mjs: times steps of Adam on the MNIST autoencoder, batches of 200.

Reads lines `threads count` from stdin and answers each with a JSON list of milliseconds. Random images in place of the digits: a step's
time does not depend on them.
"""
import json
import sys
import time

import torch
from torch import nn

WIDTHS = [784, 1000, 500, 250, 30, 250, 500, 1000, 784]
ROWS, BATCH = 8000, 200


def model():
    layers = []
    for i, (inputs, outputs) in enumerate(zip(WIDTHS, WIDTHS[1:])):
        layers.append(nn.Linear(inputs, outputs))
        if outputs != 30 and i != len(WIDTHS) - 2:
            layers.append(nn.Sigmoid())
    return nn.Sequential(*layers)


def main():
    torch.manual_seed(0)
    net, data = model(), torch.rand(ROWS, 784)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    for line in sys.stdin:
        threads, count = map(int, line.split())
        torch.set_num_threads(threads)
        times = []
        for _ in range(count):
            start = time.perf_counter()
            x = data[torch.randint(0, ROWS, (BATCH,))]
            optimizer.zero_grad(set_to_none=True)
            loss = nn.functional.binary_cross_entropy_with_logits(net(x), x, reduction="sum") / BATCH
            loss.backward()
            optimizer.step()
            times.append(1e3 * (time.perf_counter() - start))
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    main()
