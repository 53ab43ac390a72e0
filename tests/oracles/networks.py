"""The four networks by their definitions: one series, one step, one entry at a time, float64."""

import math

import torch
from torch import Tensor


def _series(model, x: Tensor, one) -> Tensor:
    weights = dict(model.named_parameters())
    return torch.stack([one(model, weights, series) for series in x])


def _cell(m: Tensor, h: Tensor, c: Tensor, w: Tensor, u: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    gates, size = w @ m + u @ h + b, len(h)
    i, f = torch.sigmoid(gates[:size]), torch.sigmoid(gates[size : 2 * size])
    g, o = torch.tanh(gates[2 * size : 3 * size]), torch.sigmoid(gates[3 * size :])
    c = f * c + i * g
    return o * torch.tanh(c), c


def lstm(model, x: Tensor) -> Tensor:
    """Logits of an LSTM in evaluation mode."""

    def one(model, p, series):
        h = c = torch.zeros(model.hidden_size, dtype=x.dtype)
        for step in series:
            h, c = _cell(step, h, c, p["weight_ih"], p["weight_hh"], p["bias_ih"] + p["bias_hh"])
        return p["head.weight"] @ h + p["head.bias"]

    return _series(model, x, one)


def _gru_states(p, name: str, series) -> list[Tensor]:
    w, u, b, c = (p[f"{name}.{kind}_l0"] for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    size, h, states = u.shape[1], u.new_zeros(u.shape[1]), []
    for step in series:
        new, old = w @ step + b, u @ h + c
        r, z = (torch.sigmoid(new[k * size : (k + 1) * size] + old[k * size : (k + 1) * size]) for k in (0, 1))
        n = torch.tanh(new[2 * size :] + r * old[2 * size :])
        h = (1 - z) * n + z * h
        states.append(h)
    return states


def gru(model, x: Tensor) -> Tensor:
    """Logits of a GRU in evaluation mode, at the last step or at every step."""

    def one(model, p, series):
        outputs = []
        for h in _gru_states(p, "recurrence", series):
            v = h
            if model.norm is not None:
                norm = model.norm
                v = (h - norm.running_mean) / torch.sqrt(norm.running_var + 1e-5) * p["norm.weight"] + p["norm.bias"]
            outputs.append(p["head.weight"] @ v.clamp(min=0) + p["head.bias"])
        return torch.stack(outputs) if model.per_step else outputs[-1]

    return _series(model, x, one)


def retain(model, x: Tensor) -> Tensor:
    """Logits of RETAIN in evaluation mode, at the last step or at every step: a softmax for every step."""

    def one(model, p, series):
        v = [p["embed.weight"] @ step for step in series]
        scores = [p["visit_score.weight"][0] @ g + p["visit_score.bias"][0] for g in _gru_states(p, "visits", v)]
        gates = [
            torch.tanh(p["variable_gate.weight"] @ h + p["variable_gate.bias"]) for h in _gru_states(p, "variables", v)
        ]
        outputs = []
        for t in range(len(series)):
            total = sum(torch.exp(scores[s]) for s in range(t + 1))
            context = sum(torch.exp(scores[s]) / total * gates[s] * v[s] for s in range(t + 1))
            outputs.append(p["head.weight"] @ context + p["head.bias"])
        return torch.stack(outputs) if model.per_step else outputs[-1]

    return _series(model, x, one)


def lstm_input_cell(model, x: Tensor) -> Tensor:
    """Logits of an input-cell LSTM in evaluation mode: a new attention over all inputs so far at every step."""

    def one(model, p, series):
        h = c = torch.zeros(model.hidden_size, dtype=x.dtype)
        for t in range(len(series)):
            past = series[: t + 1]
            hidden = torch.tanh(past @ p["attention_in.weight"].T + p["attention_in.bias"])
            logits = hidden @ p["attention_out.weight"].T + p["attention_out.bias"]
            m = (torch.softmax(logits, dim=0).T @ past).mean(0)
            h, c = _cell(m, h, c, p["weight_ih"], p["weight_hh"], p["bias"])
        return p["head.weight"] @ h + p["head.bias"]

    return _series(model, x, one)


def _convolution(p, name: str, series: Tensor, kernel_size: int, dilation: int) -> Tensor:
    v, g, bias = p[f"{name}.v"], p[f"{name}.g"], p[f"{name}.bias"]
    steps = []
    for t in range(len(series)):
        outputs = []
        for channel in range(len(v)):
            kernel = g[channel] * v[channel] / torch.sqrt((v[channel] ** 2).sum())
            y = bias[channel]
            for j in range(kernel_size):
                s = t - (kernel_size - 1 - j) * dilation
                if s >= 0:
                    y = y + kernel[:, j] @ series[s]
            outputs.append(y)
        steps.append(torch.stack(outputs))
    return torch.stack(steps)


def tcn(model, x: Tensor) -> Tensor:
    """Logits of a TCN in evaluation mode."""

    def one(model, p, series):
        for level, block in enumerate(model.blocks):
            name, k, d = f"blocks.{level}", block.conv1.kernel_size, 2**level
            y = torch.relu(_convolution(p, f"{name}.conv1", series, k, d))
            y = torch.relu(_convolution(p, f"{name}.conv2", y, k, d))
            if f"{name}.residual.weight" in p:
                series = series @ p[f"{name}.residual.weight"].T + p[f"{name}.residual.bias"]
            series = torch.relu(y + series)
        read = series[-1] if model.pool is None else series.max(0).values
        return p["head.weight"] @ read + p["head.bias"]

    return _series(model, x, one)


def positional_code(n_steps: int, width: int) -> Tensor:
    """Pairs of columns: sine at even i with exponent 2i/F, cosine at i + 1 with exponent 2(i + 1)/F."""
    code = torch.zeros(n_steps, width)
    for t in range(n_steps):
        for i in range(0, width, 2):
            code[t, i] = math.sin(t / 10000 ** (2 * i / width))
            if i + 1 < width:
                code[t, i + 1] = math.cos(t / 10000 ** (2 * (i + 1) / width))
    return code


def norm(step: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    """One step, standardised with the unbiased standard deviation, 1e-6 added outside the root."""
    return alpha * (step - step.mean()) / (step.std(correction=1) + 1e-6) + beta


def transformer(model, x: Tensor, causal: bool = True) -> Tensor:
    """Logits of a Transformer in evaluation mode."""

    def linear(p, name, value):
        return value @ p[f"{name}.weight"].T + p[f"{name}.bias"]

    def attend(p, name, series, n_heads):
        q, k, v = (linear(p, f"{name}.{part}", series) for part in ("query", "key", "value"))
        size = series.shape[1] // n_heads
        rows = []
        for t in range(len(series)):
            seen = t + 1 if causal else len(series)
            heads = []
            for columns in (slice(i * size, (i + 1) * size) for i in range(n_heads)):
                weights = torch.softmax(k[:seen, columns] @ q[t, columns] / math.sqrt(size), dim=0)
                heads.append(weights @ v[:seen, columns])
            rows.append(torch.cat(heads))
        return linear(p, f"{name}.out", torch.stack(rows))

    def one(model, p, series):
        z = series * math.sqrt(series.shape[1]) + positional_code(*series.shape).to(series.dtype)
        for i in range(len(model.layers)):
            name = f"layers.{i}"
            normed = torch.stack([norm(s, p[f"{name}.norm1.alpha"], p[f"{name}.norm1.beta"]) for s in z])
            z = z + attend(p, f"{name}.attention", normed, model.layers[i].attention.n_heads)
            normed = torch.stack([norm(s, p[f"{name}.norm2.alpha"], p[f"{name}.norm2.beta"]) for s in z])
            z = z + linear(p, f"{name}.linear2", torch.relu(linear(p, f"{name}.linear1", normed)))
        z = torch.stack([norm(s, p["norm.alpha"], p["norm.beta"]) for s in z])
        return linear(p, "head", z.max(0).values)

    return _series(model, x, one)


def cnn(model, x: Tensor) -> Tensor:
    """Logits of a CNN in evaluation mode: each output cell its own sum, each pooled cell the largest of four."""

    def convolution(p, name, maps):
        w, b = p[f"{name}.weight"], p[f"{name}.bias"]
        rows, columns = maps.shape[1] - 2, maps.shape[2] - 2
        cells = [
            torch.relu(b[c] + (w[c] * maps[:, i : i + 3, j : j + 3]).sum())
            for c in range(len(w))
            for i in range(rows)
            for j in range(columns)
        ]
        return torch.stack(cells).view(len(w), rows, columns)

    def one(model, p, series):
        image = torch.zeros(1, max(6, series.shape[0]), max(6, series.shape[1]), dtype=x.dtype)
        image[0, : series.shape[0], : series.shape[1]] = series
        maps = convolution(p, "conv2", convolution(p, "conv1", image))
        pooled = [
            channel[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max()
            for channel in maps
            for i in range(maps.shape[1] // 2)
            for j in range(maps.shape[2] // 2)
        ]
        hidden = torch.relu(p["dense.weight"] @ torch.stack(pooled) + p["dense.bias"])
        return p["head.weight"] @ hidden + p["head.bias"]

    return _series(model, x, one)
