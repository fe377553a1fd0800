"""Statistics of rankings: pure functions of ranks and of the people who gave them.

``ranks`` is always an int array ``(A, K)`` of A answers: ``ranks[a, k]`` is the place, 1 (best)
to K, of method k in answer a. ``people`` is an int array ``(A,)``: who gave it. People are the
independent units, since the answers of one person are not independent.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from scipy import stats

from mmctsvg.evaluation.functional.bootstrap import bootstrap_interval

LEVEL = 0.2  # above which a person counts as ranking at random
_DRAWS = 20_000  # random people to compare with


@dataclass(frozen=True, kw_only=True)
class Friedman:
    """Friedman's test, with Kendall's coefficient of concordance.

    Attributes:
        chi2: Statistic, corrected for ties.
        p: Probability of one as large where all methods are equal, by the chi-square distribution
            with K - 1 degrees of freedom.
        w: Kendall's W, chi2 / (people (K - 1)): 0 for no agreement among people, 1 for a full one.
    """

    chi2: float
    p: float
    w: float


def mean_ranks(ranks: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Average the ranks that each person gave.

    Args:
        ranks: Ranks, ``(A, K)``.
        people: Who gave them, ``(A,)``.

    Returns:
        Mean ranks, float ``(people, K)``, in the order of the sorted names of ``people``.
    """
    return np.stack([ranks[people == person].mean(axis=0) for person in np.unique(people)])


def rank_interval(per_person: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % percentile bootstrap intervals of the mean ranks; people are resampled.

    Args:
        per_person: What `mean_ranks` returns, ``(people, K)``.

    Returns:
        Lower and upper ends, ``(K,)`` each; NaN for fewer than two people.
    """
    low, high = zip(*map(bootstrap_interval, per_person.T), strict=True)
    return np.array(low), np.array(high)


def friedman(per_person: np.ndarray) -> Friedman:
    """Test whether people agree on an order of the methods.

    Args:
        per_person: Mean ranks that each person gave, ``(people, K)``, K at least 3. They are ranked
            within each person, with ties.

    Returns:
        The test; NaN for fewer than two people, or if nobody prefers anything.
    """
    people, methods = per_person.shape
    if people < 2 or (per_person == per_person[:, :1]).all():
        return Friedman(chi2=float("nan"), p=float("nan"), w=float("nan"))
    chi2, p = stats.friedmanchisquare(*per_person.T)
    return Friedman(chi2=float(chi2), p=float(p), w=float(chi2) / (people * (methods - 1)))


def holm(p: np.ndarray) -> np.ndarray:
    """Correct p-values for their number by Holm's step-down procedure.

    Args:
        p: Values, ``(n,)``.

    Returns:
        Corrected values: rejecting those below a level makes no false rejection with a probability
        of 1 - level. Source: Holm, Scandinavian Journal of Statistics 6 (1979), 65-70.
    """
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)).clip(max=1)
    corrected = np.empty(len(p))
    corrected[order] = stepped
    return corrected


def wilcoxon_pairs(per_person: np.ndarray) -> list[tuple[int, int, float, float]]:
    """Compare all pairs of methods by Wilcoxon's signed-rank test.

    Args:
        per_person: Mean ranks that each person gave, ``(people, K)``.

    Returns:
        First method, second method, p (two-sided) and p corrected by `holm` over all pairs.
    """
    pairs = list(combinations(range(per_person.shape[1]), 2))
    values = []
    for first, second in pairs:
        # Thirds of ranks must tie where they are equal.
        difference = np.round(per_person[:, first] - per_person[:, second], 9)
        values.append(stats.wilcoxon(difference).pvalue if difference.any() else 1.0)
    corrected = holm(np.array(values))
    return [
        (*pair, float(p), float(c)) for pair, p, c in zip(pairs, values, corrected, strict=True)
    ]


def plackett_luce(ranks: np.ndarray, prior: float = 0.5) -> np.ndarray:
    """Fit the model of Plackett and Luce: the chance of being chosen as the best of all.

    The next best is drawn from the remaining methods with probabilities proportional to their
    strengths. Fitted by Hunter's minorisation-maximisation, with a Dirichlet prior that keeps a
    method that always comes last from the strength 0: as if every method had been chosen ``prior``
    times more often.

    Args:
        ranks: Ranks, ``(A, K)``.
        prior: Concentration of the prior less 1, at least 0; 0 gives the maximum of the likelihood.

    Returns:
        Strengths, ``(K,)``, with the sum 1.

    Source: Hunter, Annals of Statistics 32 (2004), 384-406.
    """
    methods = ranks.shape[1]
    best_first = np.argsort(ranks, axis=1)
    chosen = np.bincount(best_first[:, :-1].ravel(), minlength=methods) + prior
    strength = np.full(methods, 1 / methods)
    for _ in range(10_000):
        ordered = strength[best_first]
        remaining = ordered[:, ::-1].cumsum(axis=1)[:, ::-1]
        # Method at place s takes part in the choices 0 ... s; the last place is no choice.
        per_place = (1 / remaining[:, :-1]).cumsum(axis=1)
        per_place = np.concatenate([per_place, per_place[:, -1:]], axis=1)
        took_part = np.bincount(best_first.ravel(), per_place.ravel(), minlength=methods)
        new = chosen / (took_part + prior * methods)
        new /= new.sum()
        if np.abs(new - strength).max() < 1e-12:
            break
        strength = new
    return new


def random_p(ranks: np.ndarray, real: int, seed: int = 0) -> float:
    """How probable it is that somebody who ranks at random answers at least as well as this.

    Two things tell attention: that a person's rankings of different sets agree with each other
    (Kendall's W), and that the real video is placed high (the sum of its ranks). The p-values of
    both are multiplied, as Fisher combines them, and the product is compared with those of 20 000
    random people, since the two are not independent. Nobody is compared with other people and no
    method with another, so that no taste is removed and no method gains; only the real video's mean
    rank is flattered when people are chosen by this.

    Args:
        ranks: Ranks that one person gave, ``(A, K)``.
        real: Column of the real video.
        seed: Seed of the random people.

    Returns:
        Probability, above 0; uniform for somebody who ranks at random.
    """
    spreads, sums, products = _random_people(*ranks.shape, seed)
    p_agreement = _share_up_to(-spreads, -_spread(ranks))
    p_real = _share_up_to(sums, ranks[:, real].sum())
    return float(_share_up_to(products, p_agreement * p_real))


def ranks_at_random(ranks: np.ndarray, real: int) -> bool:
    """Decide whether the answers of one person look like answers at random.

    They do if `random_p` is above 20 %: 80 % of those who rank at random are found. Answers of one
    set cannot show agreement, only where the real video is.

    Args:
        ranks: Ranks that the person gave, ``(A, K)``.
        real: Column of the real video.
    """
    return random_p(ranks, real) > LEVEL


def _spread(ranks: np.ndarray) -> np.ndarray:
    """Sum of squares of the sums of ranks: a linear function of Kendall's W."""
    return np.square(ranks.sum(axis=-2)).sum(axis=-1)


def _share_up_to(null: np.ndarray, values: np.ndarray | float) -> np.ndarray:
    """Share of a sorted null distribution, one more at its low end, that is at most a value."""
    # Products of equal shares may differ in their last digit.
    values = values + 1e-9 * np.abs(values)
    return (1 + np.searchsorted(null, values, side="right")) / (1 + len(null))


@lru_cache(maxsize=64)
def _random_people(
    answers: int, methods: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Answers of people who rank at random: spreads from the largest on, the rest rising."""
    draw = np.random.default_rng(seed)
    ranks = draw.random((_DRAWS, answers, methods)).argsort(axis=-1) + 1
    spreads, sums = _spread(ranks), ranks[..., 0].sum(axis=1)
    sorted_spreads, sorted_sums = np.sort(spreads)[::-1], np.sort(sums)
    products = _share_up_to(-sorted_spreads, -spreads) * _share_up_to(sorted_sums, sums)
    return sorted_spreads, sorted_sums, np.sort(products)
