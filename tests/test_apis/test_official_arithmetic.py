"""The authors' checkpoints give the authors' numbers: from their file to pictures and scores."""

import pytest
import torch

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.checkpoints.generator_file import read_checkpoint
from mmctsvg.checkpoints.official.convert import convert_official
from mmctsvg.models import CTSVG

TIMES = [0.0, 1.0, 7.0, 12.5]


@pytest.fixture(scope="module")
def raw(official):
    return official.make()


@pytest.fixture(scope="module")
def converted(official, raw, tmp_path_factory):
    folder = tmp_path_factory.mktemp("official")
    torch.save(raw, folder / "in.pt")
    convert_official(folder / "in.pt", folder / "out.pth")
    return folder / "out.pth"


def build(path, official, **sizes):
    """The `CTSVG` of a converted checkpoint of the small layout."""
    channels = dict(channels=official.SMALL_G), dict(channels=official.SMALL_D)
    labels = dict(num_actors=sizes.get("persons", 5), num_actions=sizes.get("classes", 3))
    model = CTSVG(
        dict(
            type="ConditionalStyleVideoGenerator",
            size=16,
            motion_dim=16,
            content_dim=8,
            **channels[0],
            **labels,
        ),
        dict(type="TimeConditionedProjectionDiscriminator", size=16, **channels[1], **labels),
        dict(type="ShuffleDiscriminator", size=16, **channels[1]),
        preset="official",
    )
    model.load_state_dict(read_checkpoint(path)["state_dict"], strict=True)
    return model.eval()


def videos(count):
    wave = torch.arange(count * 3 * 3 * 16 * 16, dtype=torch.float64)
    return torch.sin(wave * 0.037 + (wave / 977).floor()).reshape(count, 3, 3, 16, 16).float()


@pytest.mark.parametrize("noise", ["stored", "zero"])
@pytest.mark.parametrize("source", ["z", "motion"])
def test_pictures(converted, raw, official, source, noise):
    """Of the average, from noise and from a motion vector."""
    vector = torch.cos(torch.arange(16.0) * 1.7 + 0.3)
    inferencer = CTSVGInferencer(converted)
    for actor, action in ((0, 2), (4, 1)):
        video = inferencer.render(
            TIMES, actor, action, **{source: vector}, noise=noise, clamp=False
        )
        state = official.double(raw["g_ema"])
        m = official.motion_style(state, vector[None]) if source == "z" else vector[None]
        labels = torch.tensor([actor]), torch.tensor([action])
        wanted = official.generator(raw["g_ema"], m, torch.tensor(TIMES), *labels, noise=noise)
        assert wanted.abs().mean() > 0.1  # the numbers say something
        torch.testing.assert_close(video.double(), wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.slow
def test_the_reference_minds_everything(raw, official):
    """Every tensor that is converted has its say in the pictures or scores of the reference."""
    times, one = torch.tensor([0.0, 3.0, 5.0]), torch.tensor([1])

    def outputs(state):
        g, d, d2 = state["g"], state["d"], state["d2"]
        m = official.motion_style(official.double(g), torch.cos(torch.arange(16.0))[None])
        frames = official.generator(g, m, times, one, one)
        frames = torch.cat([frames[None], videos(3).double()])
        four = torch.tensor([1, 1, 2, 0])
        return (
            frames[0],
            official.time_score(d, frames, times.expand(4, -1), four, four),
            official.shuffle_score(d2, frames),
        )

    before = outputs(raw)
    for number, key in enumerate(("g", "d", "d2")):
        for name in raw[key]:
            if name.startswith("final_conv2"):
                continue
            changed = {k: dict(raw[k]) for k in ("g", "d", "d2")}
            changed[key][name] = raw[key][name] * 1.5 + 0.1
            after = outputs(changed)[number]
            assert (after - before[number]).abs().max() > 1e-6, f"{key}.{name}"


@pytest.mark.parametrize("ramp", [0.0, 0.25, 1.0])
def test_the_trained_generator(converted, raw, official, ramp):
    """G itself, not its average, in the middle of the ramp, on two videos at once."""
    model = build(converted, official)
    z = torch.sin(torch.arange(32.0)).reshape(2, 16)
    times = torch.tensor([[3.0, 4.0, 5.0], [10.0, 12.0, 14.0]])
    actors, actions = torch.tensor([1, 3]), torch.tensor([2, 0])
    with torch.no_grad():
        got = model.generator(
            z, times, actors, actions, ramp=ramp, noise=model.generator.stored_noise
        )
    state = official.double(raw["g"])
    for i in range(2):
        m = official.motion_style(state, z[i : i + 1])
        wanted = official.generator(
            raw["g"], m, times[i], actors[i : i + 1], actions[i : i + 1], ramp
        )
        torch.testing.assert_close(got[i].double(), wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("batch", [1, 4, 8])
def test_scores(converted, raw, official, batch):
    """One video is a group of three; four and eight make groups of four."""
    model = build(converted, official)
    frames = videos(batch)
    times = torch.tensor([0.0, 2.0, 4.0]) + torch.arange(float(batch))[:, None] * 3
    actors, actions = torch.arange(batch) % 5, torch.arange(batch) % 3
    with torch.no_grad():
        d_t = model.time_discriminator(frames, times, actors, actions, 0.4)
        d_s = model.shuffle_discriminator(frames)
    wanted = official.time_score(raw["d"], frames, times, actors, actions, 0.4)
    torch.testing.assert_close(d_t.double(), wanted, atol=1e-4, rtol=1e-4)
    assert wanted.abs().max() > 0.1 and (batch == 1 or wanted.std() > 0.01)
    wanted = official.shuffle_score(raw["d2"], frames)
    torch.testing.assert_close(d_s.double(), wanted, atol=1e-4, rtol=1e-4)
    assert wanted.abs().max() > 0.01


@pytest.mark.parametrize(("persons", "classes"), [(0, 0), (5, 0), (0, 3)])
def test_without_labels(official, tmp_path, persons, classes):
    raw = official.make(persons=persons, classes=classes)
    torch.save(raw, tmp_path / "in.pt")
    convert_official(tmp_path / "in.pt", tmp_path / "out.pth")
    inferencer = CTSVGInferencer(tmp_path / "out.pth")
    m = torch.sin(torch.arange(16.0))
    labels = ({"actor": 2} if persons else {"z_c": torch.cos(torch.arange(8.0))}) | (
        {"action": 1} if classes else {}
    )
    video = inferencer.render(TIMES, motion=m, noise="stored", clamp=False, **labels)
    wanted = official.generator(
        raw["g_ema"],
        m[None],
        torch.tensor(TIMES),
        torch.tensor([2]),
        torch.tensor([1]),
        z_c=torch.cos(torch.arange(8.0))[None],
    )
    torch.testing.assert_close(video.double(), wanted, atol=1e-4, rtol=1e-4)
    model = build(tmp_path / "out.pth", official, persons=persons, classes=classes)
    times = torch.arange(3.0).expand(4, 3)
    people = torch.arange(4) if persons else None
    acts = torch.tensor([0, 1, 2, 0]) if classes else None
    with torch.no_grad():
        scores = model.time_discriminator(videos(4), times, people, acts)
    wanted = official.time_score(raw["d"], videos(4), times, people, acts)
    torch.testing.assert_close(scores.double(), wanted, atol=1e-4, rtol=1e-4)


def test_filters_of_the_file_count(official, tmp_path):
    """Kernels that are not StyleGAN2's are used and saved; nobody asks for symmetric ones."""
    raw = official.make()
    for key in ("g_ema", "d", "d2"):
        for name, value in raw[key].items():
            if name.endswith("kernel"):
                raw[key][name] = value * (1 + 0.1 * torch.arange(16.0).reshape(4, 4))
    torch.save(raw, tmp_path / "in.pt")
    lines = convert_official(tmp_path / "in.pt", tmp_path / "out.safetensors")
    told = "kept and used: g_ema.convs.0.conv.blur.kernel and 3 more, which are no filters"
    assert any(line.startswith(told) for line in lines)
    convert_official(tmp_path / "in.pt", tmp_path / "out.pth")
    m = torch.sin(torch.arange(16.0))
    labels = torch.tensor([0]), torch.tensor([1])
    wanted = official.generator(raw["g_ema"], m[None], torch.tensor(TIMES), *labels)
    for name in ("out.pth", "out.safetensors"):
        inferencer = CTSVGInferencer(tmp_path / name)
        video = inferencer.render(TIMES, 0, 1, motion=m, noise="stored", clamp=False)
        torch.testing.assert_close(video.double(), wanted, atol=1e-4, rtol=1e-4)
    model = build(tmp_path / "out.pth", official)
    again = build(tmp_path / "out.pth", official)
    again.load_state_dict(model.state_dict(), strict=True)
    with torch.no_grad():
        scores = again.shuffle_discriminator(videos(2))
    wanted = official.shuffle_score(raw["d2"], videos(2))
    torch.testing.assert_close(scores.double(), wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.slow
def test_the_released_widths(official, tmp_path):
    """The widths of the published models at 16 px."""
    raw = official.make(
        channels_g={4: 256, 8: 512, 16: 512}, channels_d={4: 512, 8: 512, 16: 512}, optimisers=False
    )
    torch.save(raw, tmp_path / "in.pt")
    convert_official(tmp_path / "in.pt", tmp_path / "out.pth")
    z = torch.sin(torch.arange(16.0) * 2.3)
    inferencer = CTSVGInferencer(tmp_path / "out.pth")
    video = inferencer.render(TIMES[:3], 3, 0, z=z, noise="stored", clamp=False)
    m = official.motion_style(official.double(raw["g_ema"]), z[None])
    labels = torch.tensor([3]), torch.tensor([0])
    wanted = official.generator(raw["g_ema"], m, torch.tensor(TIMES[:3]), *labels)
    torch.testing.assert_close(video.double(), wanted, atol=1e-4, rtol=1e-4)
