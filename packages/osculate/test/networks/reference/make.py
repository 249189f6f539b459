"""Makes the reference networks of the tests: of each a safetensors file with its weights, data and derivatives, and an ONNX model, exported
by PyTorch. Eigenvalues stand for the Hessian: the matrix itself would take megabytes. Networks with dropout or batch normalisation have no
ONNX model; their files have the masks and statistics too, and what the network gives in inference.

Usage: python3 make.py [name...]    (writes beside itself; all networks by default, in ten seconds)
Needs PyTorch 1.13 and NumPy, on Debian 12 the packages python3-torch and python3-numpy. Other versions draw the same weights, but write
other ONNX models.

Weights and data are float32. Outputs and derivatives are computed from them in float64.
"""

import json
import math
import pathlib
import struct
import sys

import numpy as np
import torch
from torch import nn
from torch.autograd import grad

folder = pathlib.Path(__file__).parent


class Convolutional(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 3, padding=1)
        self.c2 = nn.Conv2d(6, 8, 3, padding=1, stride=2)
        self.l = nn.Linear(72, 5)

    def forward(self, x):
        x = nn.functional.max_pool2d(self.c1(x).relu(), 2)
        return self.l(self.c2(x).relu().flatten(1))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.r = nn.LSTM(5, 6, batch_first=True)
        self.l = nn.Linear(6, 3)

    def forward(self, x):
        return self.l(self.r(x)[0][:, -1])


class Attention(nn.Module):
    def __init__(self, size, heads):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(size, size) for _ in range(4))
        self.heads = heads

    def forward(self, x):
        batch, length, size = x.shape
        part = size // self.heads
        q, k, v = (f(x).reshape(batch, length, self.heads, part).transpose(1, 2) for f in (self.q, self.k, self.v))
        weights = (q @ k.transpose(2, 3) / math.sqrt(part)).softmax(-1)
        return self.o((weights @ v).transpose(1, 2).reshape(batch, length, size))


class Block(nn.Module):
    def __init__(self, size, heads, hidden):
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(size), nn.LayerNorm(size)
        self.a = Attention(size, heads)
        self.f1, self.f2 = nn.Linear(size, hidden), nn.Linear(hidden, size)

    def forward(self, x):
        x = x + self.a(self.n1(x))
        return x + self.f2(nn.functional.gelu(self.f1(self.n2(x))))


def perceptron():
    return nn.Sequential(nn.Linear(20, 16), nn.Tanh(), nn.Linear(16, 8), nn.Tanh(), nn.Linear(8, 5))


def transformer():
    return nn.Sequential(Block(12, 2, 24), nn.LayerNorm(12), nn.Linear(12, 7))


class Dropout(nn.Dropout):
    """Keeps its mask, which PyTorch draws."""

    def forward(self, x):
        self.mask = nn.functional.dropout(torch.ones_like(x), self.p, self.training)
        return x * self.mask


def dropped():
    return nn.Sequential(
        nn.Linear(5, 8), nn.Tanh(), Dropout(0.25), nn.Linear(8, 6), nn.Tanh(), Dropout(0.5), nn.Linear(6, 3),
    )


def normalized():
    return nn.Sequential(nn.Linear(5, 7), nn.BatchNorm1d(7), nn.Tanh(), nn.Linear(7, 3))


def normalized_images():
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 3, 3, stride=2), nn.BatchNorm2d(3), nn.Tanh(),
        nn.Flatten(), nn.Linear(12, 4),
    )


def dropped_and_normalized():
    return nn.Sequential(
        nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), Dropout(0.25), nn.Flatten(), nn.Linear(27, 6), nn.BatchNorm1d(6),
        nn.Tanh(), Dropout(0.5), nn.Linear(6, 4),
    )


# Model, shapes of the inputs and the targets, and the number of classes, None for a regression.
networks = {
    "mlp_tanh": (perceptron, (32, 20), (32,), 5),
    "cnn_relu_maxpool": (Convolutional, (8, 1, 12, 12), (8,), 5),
    "lstm_last": (Recurrent, (6, 7, 5), (6, 3), None),
    "transformer_block": (transformer, (4, 6, 12), (4, 6), 7),
    "dropout": (dropped, (12, 5), (12,), 3),
    "batch_norm_dense": (normalized, (10, 5), (10, 3), None),
    "batch_norm_conv": (normalized_images, (6, 2, 5, 5), (6,), 4),
    "dropout_batch_norm": (dropped_and_normalized, (9, 2, 5, 5), (9,), 4),
}
norms = (nn.BatchNorm1d, nn.BatchNorm2d)


def loss_of(output, y):
    """Mean over elements, or over rows of logits."""
    if y.is_floating_point():
        return nn.functional.mse_loss(output, y)
    return nn.functional.cross_entropy(output.reshape(-1, output.shape[-1]), y.reshape(-1))


def inner(a, b):
    return sum((x * y).sum() for x, y in zip(a, b))


def gauss_newton_product(output, y, weights, v):
    """J'HJv, with Jv as the derivative by u of J'u."""
    u = torch.zeros_like(output, requires_grad=True)
    (tangent,) = grad(inner(grad(output, weights, u, create_graph=True), v), u, retain_graph=True)
    top = output.detach().requires_grad_()
    (slope,) = grad(loss_of(top, y), top, create_graph=True)
    (cotangent,) = grad(inner([slope], [tangent.detach()]), top)
    return grad(output, weights, cotangent, retain_graph=True)


def hessian(gradient, weights):
    flat = torch.cat([g.reshape(-1) for g in gradient])
    rows = [torch.cat([h.reshape(-1) for h in grad(g, weights, retain_graph=True)]) for g in flat]
    return torch.stack(rows).detach()


def write_safetensors(path, tensors, metadata):
    dtypes = {"float32": "F32", "float64": "F64", "int64": "I64"}
    header, parts, at = {"__metadata__": metadata}, [], 0
    for name, tensor in tensors.items():
        array = np.ascontiguousarray(tensor.detach().numpy())
        end = at + array.nbytes
        header[name] = {"dtype": dtypes[str(array.dtype)], "shape": list(array.shape), "data_offsets": [at, end]}
        parts.append(array.tobytes())
        at = end
    text = json.dumps(header, separators=(",", ":")).encode()
    # The format asks for data that start at a multiple of 8.
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


def keep_statistics(norm, inputs):
    """Of the batch: the mean and the biased variance, by which it normalises."""
    (x,) = inputs
    axes = [axis for axis in range(x.dim()) if axis != 1]
    norm.batch = {"mean": x.mean(axes), "variance": x.var(axes, unbiased=False)}


def derivatives(model, x, target, v, prefix=""):
    """Output, loss, gradient and products, and the graph of the gradient."""
    weights = list(model.parameters())
    output = model(x)
    loss = loss_of(output, target)
    gradient = grad(loss, weights, create_graph=True)
    products = {
        "grad": gradient,
        "hvp": grad(inner(gradient, v), weights, retain_graph=True),
        "ggnvp": gauss_newton_product(output, target, weights, v),
    }
    tensors = {f"{prefix}output": output}
    for kind, values in products.items():
        tensors |= {f"{prefix}{kind}.{key}": value for (key, _), value in zip(model.named_parameters(), values)}
    return tensors, loss, gradient


def context(model, x, target, v):
    """Masks and statistics of the last pass in training, running statistics, and what the model gives by these in inference."""
    masks = [m.mask for m in model.modules() if isinstance(m, Dropout)]
    tensors = {f"mask.{k}": mask for k, mask in enumerate(masks)}
    for k, norm in enumerate(m for m in model.modules() if isinstance(m, norms)):
        tensors |= {f"batch.{k}.{key}": value for key, value in norm.batch.items()}
        # Away from the batch's, so that they cannot be mistaken.
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2)
        tensors |= {f"running.{k}.mean": norm.running_mean.clone(), f"running.{k}.variance": norm.running_var.clone()}
    found, loss, _ = derivatives(model.eval(), x, target, v, "inference.")
    return tensors | found, loss


def make(name):
    build, inputs, targets, classes = networks[name]
    torch.manual_seed(1)
    model = build()
    # Away from the zeros and ones of norms, which the exporter would merge where they are equal.
    for p in model.parameters():
        p.data += 0.1 * torch.randn_like(p)
    x = torch.randn(inputs)
    y = torch.randint(classes, targets) if classes else torch.randn(targets)
    v = [torch.randn_like(p) for p in model.parameters()]
    has_context = any(isinstance(m, (Dropout, *norms)) for m in model.modules())
    if not has_context:
        torch.onnx.export(
            model, x, str(folder / f"{name}.onnx"), opset_version=16, do_constant_folding=False,
            input_names=["x"], output_names=["output"],
        )
    tensors = {"x": x, "y": y}
    tensors |= {f"param.{key}": p.detach().clone() for key, p in model.named_parameters()}
    tensors |= {f"v.{key}": d for (key, _), d in zip(model.named_parameters(), v)}

    model.double()
    for m in model.modules():
        if isinstance(m, norms):
            m.register_forward_pre_hook(keep_statistics)
    v = [d.double() for d in v]
    x, target = x.double(), y if classes else y.double()
    found, loss, gradient = derivatives(model, x, target, v)
    tensors |= found
    matrix = hessian(gradient, list(model.parameters()))
    metadata = {
        "loss_name": "softmax_cross_entropy" if classes else "mean_squared_error",
        "loss": repr(loss.item()),
        "n_params": str(len(matrix)),
        "hessian_trace": repr(matrix.trace().item()),
    }
    if has_context:
        found, loss = context(model, x, target, v)
        tensors |= found
        metadata["inference_loss"] = repr(loss.item())
    else:
        tensors["hessian_eigenvalues"] = torch.linalg.eigvalsh((matrix + matrix.T) / 2)
    write_safetensors(folder / f"{name}.safetensors", tensors, metadata)


for each in sys.argv[1:] or networks:
    make(each)
