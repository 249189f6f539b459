"""PyTorch's side of benchmarks/first-order.mjs: times torch.optim.Adam's step alone, gradients given.

Reads lines `threads count size,size,...` (elements of each parameter) from stdin and answers each with a JSON list of milliseconds.
"""
import json
import sys
import time

import torch


def main():
    torch.manual_seed(0)
    known = {}
    for line in sys.stdin:
        threads, count, sizes = line.split()
        torch.set_num_threads(int(threads))
        if sizes not in known:
            parameters = [torch.randn(int(n), requires_grad=True) for n in sizes.split(",")]
            for p in parameters:
                p.grad = torch.randn_like(p)
            known[sizes] = torch.optim.Adam(parameters, lr=1e-3)
        times = []
        for _ in range(int(count)):
            start = time.perf_counter()
            known[sizes].step()
            times.append(1e3 * (time.perf_counter() - start))
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    main()
