"""A second implementation of the released arithmetic, and files in the authors' layout.

Written from the formulas, in float64, with loops: zeros are inserted one by one, every sample is
convolved with its own weights. It shares nothing with the package. Loaded by the fixture
``official``.
"""

import argparse
import math
from collections import OrderedDict

import torch

SMALL_G = {4: 6, 8: 10, 16: 8}
SMALL_D = {4: 7, 8: 9, 16: 5}


# ------------------------------------------------------------------------------------- layout


def layout(
    size=16,
    latent=24,
    dyn=16,
    classes=3,
    persons=5,
    channels_g=None,
    channels_d=None,
    embed=128,
    head=128,
    hidden=512,
):
    """Names and shapes of g, d and d2, in the order of the file."""
    channels_g, channels_d = channels_g or SMALL_G, channels_d or SMALL_D
    content = latent - dyn
    sizes = [2**i for i in range(2, size.bit_length())]
    g = OrderedDict()
    if classes:
        g["class_embed.weight"] = (classes, content)
    if persons:
        g["person_embed.weight"] = (persons, content)
    for stem, depth, width in (("style", 8, content), ("dyn_sty", 4, dyn)):
        for i in range(1, depth + 1):
            g[f"{stem}.{i}.weight"], g[f"{stem}.{i}.bias"] = (width, width), (width,)
    g["input.input"] = (1, channels_g[4], 4, 4)

    def time2vec(out, stem, width):
        out[f"{stem}.w0"], out[f"{stem}.b0"] = (1, 1), (1,)
        out[f"{stem}.w"], out[f"{stem}.b"] = (1, width - 1), (width - 1,)

    time2vec(g, "dynstyle_gen.sinewavemixer", dyn)

    def styled(stem, wide, narrow, up):
        g[f"{stem}.conv.weight"] = (1, narrow, wide, 3, 3)
        if up:
            g[f"{stem}.conv.blur.kernel"] = (4, 4)
        g[f"{stem}.conv.modulation.weight"] = (wide, latent)
        g[f"{stem}.conv.modulation.bias"] = (wide,)
        g[f"{stem}.noise.weight"] = (1,)
        g[f"{stem}.activate.bias"] = (narrow,)

    def to_rgb(stem, wide, up):
        g[f"{stem}.bias"] = (1, 3, 1, 1)
        if up:
            g[f"{stem}.upsample.kernel"] = (4, 4)
        g[f"{stem}.conv.weight"] = (1, 3, wide, 1, 1)
        g[f"{stem}.conv.modulation.weight"] = (wide, latent)
        g[f"{stem}.conv.modulation.bias"] = (wide,)

    styled("conv1", channels_g[4], channels_g[4], False)
    to_rgb("to_rgb1", channels_g[4], False)
    for i, (low, high) in enumerate(zip(sizes, sizes[1:], strict=False)):
        styled(f"convs.{2 * i}", channels_g[low], channels_g[high], True)
        styled(f"convs.{2 * i + 1}", channels_g[high], channels_g[high], False)
    for i, high in enumerate(sizes[1:]):
        to_rgb(f"to_rgbs.{i}", channels_g[high], True)
    for i, side in enumerate([4] + [s for s in sizes[1:] for _ in range(2)]):
        g[f"noises.noise_{i}"] = (1, 1, side, side)

    def trunk(out):
        out["convs.0.0.weight"] = (channels_d[size], 3, 1, 1)
        out["convs.0.1.bias"] = (channels_d[size],)
        for i, (high, low) in enumerate(zip(sizes[::-1], sizes[-2::-1], strict=False), 1):
            wide, narrow = channels_d[high], channels_d[low]
            out[f"convs.{i}.conv1.0.weight"] = (wide, wide, 3, 3)
            out[f"convs.{i}.conv1.1.bias"] = (wide,)
            out[f"convs.{i}.conv2.0.kernel"] = (4, 4)
            out[f"convs.{i}.conv2.1.weight"] = (narrow, wide, 3, 3)
            out[f"convs.{i}.conv2.2.bias"] = (narrow,)
            out[f"convs.{i}.skip.0.kernel"] = (4, 4)
            out[f"convs.{i}.skip.1.weight"] = (narrow, wide, 1, 1)

    def heads(out, stem, features, width):
        out[f"{stem}.0.weight"], out[f"{stem}.0.bias"] = (hidden, features), (hidden,)
        out[f"{stem}.1.weight"], out[f"{stem}.1.bias"] = (width, hidden), (width,)

    d = OrderedDict()
    if classes:
        d["class_embed.weight"] = (classes, embed)
    if persons:
        d["person_embed.weight"] = (persons, embed)
    trunk(d)
    time2vec(d, "tauEmbedding", embed)
    for stem in ("final_conv", "final_conv2"):
        d[f"{stem}.0.weight"], d[f"{stem}.1.bias"] = (head, channels_d[4] + 1, 3, 3), (head,)
    heads(d, "final_linear", head * 16 * 3, embed * 3)
    if classes:
        heads(d, "final_linear_con", head * 16 * 3, embed)
    if persons:
        heads(d, "final_linear_pcon", head * 16 * 3, embed)
    d2 = OrderedDict()
    trunk(d2)
    heads(d2, "final_linear", channels_d[4] * 16, 1)
    return {"g": g, "d": d, "d2": d2}


def is_buffer(name):
    return name.endswith(".kernel") or name.startswith("noises.")


def usual_kernel(name):
    """[1, 3, 3, 1] in both directions with sum 1; 4 where zeros are inserted."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    gain = 4 if "blur" in name or "upsample" in name else 1
    return torch.outer(taps, taps) * gain


def formula(name, shape, salt):
    """Values by a formula: of the size of trained ones, different everywhere."""
    if name.endswith(".kernel"):
        return usual_kernel(name)
    count = math.prod(shape)
    start = sum(map(ord, name)) % 97 + 13 * salt
    wave = torch.sin(torch.arange(count, dtype=torch.float64) * 0.7371 + start) * 1.3
    if name.startswith(("style", "dyn_sty")):
        wave = wave * (100 if name.endswith("weight") else 20)  # stored over lr_mul
    elif name.endswith(("modulation.bias", "noise.weight")):
        wave = 0.7 + 0.3 * wave
    elif name.endswith(("bias", "w0")):
        wave = wave * 0.2
    return wave.reshape(shape).float()


def adam(state, steps):
    """State of an Adam that made so many steps; dead weights have none."""
    names = [name for name in state if not is_buffer(name)]
    moments = {
        i: {
            "step": steps,
            "exp_avg": state[name] * 0.01 + i,
            "exp_avg_sq": state[name].abs() * 0.001,
        }
        for i, name in enumerate(names)
        if not name.startswith("final_conv2")
    }
    group = {"lr": 0.0016, "betas": (0.0, 0.992), "eps": 1e-8, "weight_decay": 0, "amsgrad": False}
    return {"state": moments, "param_groups": [{**group, "params": list(range(len(names)))}]}


def make(optimisers=True, steps=117_000, args=None, **sizes):
    """The content of a file in the authors' layout, by formula."""
    shapes = layout(**sizes)
    raw = {
        key: OrderedDict(
            (name, formula(name, shape, salt)) for name, shape in shapes[key.split("_")[0]].items()
        )
        for salt, key in enumerate(("g", "d", "d2", "g_ema"))
    }
    if optimisers:
        for key in ("g", "d", "d2"):
            raw[f"{key}_optim"] = adam(raw[key], steps)
    said = dict(size=16, latent=24, dyn_size=16, classes=3, persons=5) | {
        {"dyn": "dyn_size"}.get(name, name): value for name, value in sizes.items()
    }
    raw["args"] = argparse.Namespace(
        size=said["size"],
        latent=said["latent"],
        dyn_size=said["dyn_size"],
        num_classes=said["classes"],
        num_person=said["persons"],
        path="/data/list.csv",
        **(args or {}),
    )
    raw["ada_aug_p"] = 0.0
    return raw


# --------------------------------------------------------------------------------- arithmetic


def double(state):
    return {name: value.double() for name, value in state.items()}


def lrelu(x):
    return torch.where(x > 0, x, 0.2 * x) * math.sqrt(2)


def pixel_norm(x):
    return x / torch.sqrt((x * x).mean(dim=1, keepdim=True) + 1e-8)


def linear(x, w, b, lr_mul=1.0, act=False):
    y = torch.einsum("bi,oi->bo", x, w * (lr_mul / math.sqrt(w.shape[1]))) + b * lr_mul
    return lrelu(y) if act else y


def conv(x, w, stride=1, padding=0):
    """Correlation, tap by tap."""
    x = torch.nn.functional.pad(x, [padding] * 4)
    k = w.shape[-1]
    out = (x.shape[-1] - k) // stride + 1
    y = 0
    for r in range(k):
        for c in range(k):
            rows = slice(r, r + stride * (out - 1) + 1, stride)
            columns = slice(c, c + stride * (out - 1) + 1, stride)
            y = y + torch.einsum("nihw,oi->nohw", x[:, :, rows, columns], w[:, :, r, c])
    return y


def upfirdn(x, kernel, up, pad):
    """Zeros between (and after) the pixels, padding, true convolution channel by channel."""
    n, c, h, w = x.shape
    wide = x.new_zeros(n, c, h * up, w * up)
    wide[:, :, ::up, ::up] = x
    wide = torch.nn.functional.pad(wide, [pad[0], pad[1], pad[0], pad[1]])
    flipped = kernel.flip(0, 1)[None, None]
    return conv(wide.reshape(n * c, 1, *wide.shape[2:]), flipped).unflatten(0, (n, c)).squeeze(2)


def transposed_conv(x, w):
    """Every pixel throws its kernel onto a canvas, two pixels further than its neighbour's."""
    n, _, h, width = x.shape
    canvas = x.new_zeros(n, w.shape[0], 2 * h + 1, 2 * width + 1)
    for r in range(h):
        for c in range(width):
            thrown = torch.einsum("ni,oirc->norc", x[:, :, r, c], w)
            canvas[:, :, 2 * r : 2 * r + 3, 2 * c : 2 * c + 3] += thrown
    return canvas


def modulated(state, stem, x, style, demodulate=True, kernel=None):
    """Every sample by itself, with weights of its own."""
    scales = linear(style, state[f"{stem}.modulation.weight"], state[f"{stem}.modulation.bias"])
    base = state[f"{stem}.weight"][0]
    base = base / math.sqrt(base.shape[1] * base.shape[2] ** 2)
    images = []
    for image, scale in zip(x, scales, strict=True):
        w = base * scale[None, :, None, None]
        if demodulate:
            w = w / torch.sqrt((w * w).sum(dim=(1, 2, 3), keepdim=True) + 1e-8)
        if kernel is None:
            images.append(conv(image[None], w, padding=w.shape[-1] // 2))
        else:
            images.append(upfirdn(transposed_conv(image[None], w), kernel, 1, (1, 1)))
    return torch.cat(images)


def time2vec(state, stem, t):
    """Sines first, the linear term last; t is (N,)."""
    t = t.double()[:, None]
    waves = torch.sin(t * state[f"{stem}.w"] + state[f"{stem}.b"])
    return torch.cat([waves, t * state[f"{stem}.w0"] + state[f"{stem}.b0"]], dim=1)


def motion_style(state, z):
    m = pixel_norm(z.double())
    for i in range(1, 5):
        m = linear(m, state[f"dyn_sty.{i}.weight"], state[f"dyn_sty.{i}.bias"], 0.01, True)
    return m


def content_style(state, person, action, ramp, z_c=None):
    table = state.get("person_embed.weight")
    w = pixel_norm(z_c.double() if table is None else table[person])
    for i in range(1, 9):
        w = linear(w, state[f"style.{i}.weight"], state[f"style.{i}.bias"], 0.01, True)
    if "class_embed.weight" in state:
        w = w + ramp * state["class_embed.weight"][action]
    return w


def generator(state, m, times, person, action, ramp=1.0, noise="stored", z_c=None):
    """Frames (T, 3, H, W) of one video: m (1, k), times (T,), labels tensors of one number."""
    state = double(state)
    w_c = content_style(state, person, action, ramp, z_c)
    v = time2vec(state, "dynstyle_gen.sinewavemixer", times)
    style = torch.cat([w_c.expand(len(times), -1), m.double() * v], dim=1)

    def styled(stem, x, number, up):
        kernel = state[f"{stem}.conv.blur.kernel"] if up else None
        x = modulated(state, f"{stem}.conv", x, style, kernel=kernel)
        if noise == "stored":
            x = x + state[f"{stem}.noise.weight"] * state[f"noises.noise_{number}"]
        return lrelu(x + state[f"{stem}.activate.bias"][None, :, None, None])

    def rgb(stem, x):
        colours = modulated(state, f"{stem}.conv", x, style, demodulate=False)
        return colours + state[f"{stem}.bias"]

    x = state["input.input"].expand(len(times), -1, -1, -1)
    x = styled("conv1", x, 0, False)
    image = rgb("to_rgb1", x)
    levels = sum(name.startswith("to_rgbs.") and name.endswith("kernel") for name in state)
    for i in range(levels):
        x = styled(f"convs.{2 * i}", x, 2 * i + 1, True)
        x = styled(f"convs.{2 * i + 1}", x, 2 * i + 2, False)
        image = upfirdn(image, state[f"to_rgbs.{i}.upsample.kernel"], 2, (2, 1))
        image = image + rgb(f"to_rgbs.{i}", x)
    return image


def trunk(state, x):
    def equal(w):
        return w / math.sqrt(w.shape[1] * w.shape[2] ** 2)

    def bias(name):
        return state[name][None, :, None, None]

    x = lrelu(conv(x, equal(state["convs.0.0.weight"])) + bias("convs.0.1.bias"))
    for i in range(1, sum(name.endswith("skip.1.weight") for name in state) + 1):
        s = f"convs.{i}"
        y = conv(x, equal(state[f"{s}.conv1.0.weight"]), padding=1) + bias(f"{s}.conv1.1.bias")
        y = upfirdn(lrelu(y), state[f"{s}.conv2.0.kernel"], 1, (2, 2))
        y = conv(y, equal(state[f"{s}.conv2.1.weight"]), stride=2) + bias(f"{s}.conv2.2.bias")
        skip = upfirdn(x, state[f"{s}.skip.0.kernel"], 1, (1, 1))
        skip = conv(skip, equal(state[f"{s}.skip.1.weight"]), stride=2)
        x = (lrelu(y) + skip) / math.sqrt(2)
    return x


def head(state, stem, x):
    x = linear(x, state[f"{stem}.0.weight"], state[f"{stem}.0.bias"], act=True)
    return linear(x, state[f"{stem}.1.weight"], state[f"{stem}.1.bias"])


def time_score(state, frames, times, person, action, ramp=1.0):
    """D_t's scores (B,) of frames (B, 3, 3, H, W)."""
    state = double(state)
    batch = len(frames)
    x = trunk(state, frames.double().reshape(batch * 3, *frames.shape[2:]))
    n, c, h, w = x.shape
    group = min(n, 4)
    maps = x.new_zeros(n, 1, h, w)
    for first in range(n // group):
        members = [first + i * (n // group) for i in range(group)]
        chosen = x[members]
        variance = ((chosen - chosen.mean(dim=0)) ** 2).mean(dim=0)
        maps[members] = torch.sqrt(variance + 1e-8).mean()
    weight = state["final_conv.0.weight"] / math.sqrt((c + 1) * 9)
    x = conv(torch.cat([x, maps], dim=1), weight, padding=1)
    x = lrelu(x + state["final_conv.1.bias"][None, :, None, None]).reshape(batch, -1)
    v = torch.stack([time2vec(state, "tauEmbedding", t).reshape(-1) for t in times])
    score = (head(state, "final_linear", x) * v).sum(dim=1) / math.sqrt(128 * 3)
    if action is not None:
        e = state["class_embed.weight"][action]
        score += ramp * (head(state, "final_linear_con", x) * e).sum(dim=1) / math.sqrt(128)
    if person is not None:
        e = state["person_embed.weight"][person]
        score += (head(state, "final_linear_pcon", x) * e).sum(dim=1) / math.sqrt(128)
    return score


def shuffle_score(state, frames):
    """D_s's scores (B,) of frames (B, 3, 3, H, W)."""
    state = double(state)
    scores = []
    for video in frames.double():
        red, green = (torch.stack([video[t, c] for t in range(3)]) for c in (0, 1))
        x = trunk(state, torch.stack([red, green]))
        red_score, green_score = head(state, "final_linear", x.reshape(2, -1))[:, 0]
        scores.append(red_score * green_score)
    return torch.stack(scores) / math.sqrt(len(frames))
