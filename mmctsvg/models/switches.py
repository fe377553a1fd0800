"""The published paper and the released code differ in thirteen places: one named switch each.

``CTSVG`` reads them here and hands each one to the component that it concerns;
`docs/explanation/switches.md` explains them. Two, ``time_range`` and ``stride``, decide the
sampling of the training data too: `mmctsvg.engine.complete` hands them to the data set.
"""

from collections.abc import Mapping

PRESETS = ("paper", "official")

#: Switch -> the decision.
SWITCHES = {
    "content": "how F_c joins actor and action",
    "time2vec_order": "where the linear term stands in time2vec",
    "layer_noise": "whether the frames of a video share their noise maps",
    "shuffle_scores": "what D_s scores",
    "shuffle": "how D_s's fake pairs are shuffled",
    "fake_time_labels": "which times D_t is given for fakes",
    "time_range": "the ranges that the times of reals and of fakes are drawn from",
    "stride": "the distance of the three frames",
    "minibatch_stddev": "over what D_t's minibatch deviation is taken",
    "r1": "which discriminators are regularised, and the norm",
    "path_length": "path lengths per triplet or per frame",
    "ema": "the half-life of the generator's average",
    "ramp": "when the action embedding is faded in",
}


def resolve_switches(
    preset: str = "paper", known: Mapping[str, str] = SWITCHES, /, **overrides: str
) -> dict[str, str]:
    """Return the value of every switch: the preset's unless overridden.

    Args:
        preset: ``'paper'`` or ``'official'``.
        known: Switches that there are, with their decisions; those of `CTSVG` by default.
        **overrides: Switches with their values, ``'paper'`` or ``'official'``.

    Raises:
        ValueError: If the preset, a switch or its value is unknown.
    """
    for name, value in {"preset": preset, **overrides}.items():
        if name != "preset" and name not in known:
            raise ValueError(f"unknown switch {name!r}: there are {', '.join(known) or 'none'}")
        if value not in PRESETS:
            raise ValueError(f"{name}={value!r}: must be 'paper' or 'official'")
    return {name: overrides.get(name, preset) for name in known}
