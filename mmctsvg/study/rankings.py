"""Statistics of rankings: pure functions of ranks and of the people who gave them.

``ranks`` is always an int array ``(A, K)`` of A answers: ``ranks[a, k]`` is the place, 1 (best)
to K, of method k in answer a. ``people`` is an int array ``(A,)``: who gave it. People are the
independent units, since the answers of one person are not independent.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product

import numpy as np
from scipy import stats

from mmctsvg.evaluation.functional.bootstrap import bootstrap_interval

LEVEL = 0.05  # of both tests that a person must pass one of
_DRAWS = 20_000  # random rankings of the tests that are not exact
_EXACT = 1_000_000  # sums of places that are counted one by one, at most


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


def agreement_p(ranks: np.ndarray, seed: int = 0) -> float:
    """How probable it is that random rankings agree with each other as well as these.

    Args:
        ranks: Ranks that one person gave, ``(A, K)``.
        seed: Seed of the random rankings.

    Returns:
        Probability of Kendall's W at least as large if every ranking is drawn at random, by
        20 000 draws; 1 for a single ranking.
    """
    answers, methods = ranks.shape
    null = _random_spreads(answers, methods, seed)
    return float((1 + (null >= _spread(ranks)).sum()) / (1 + len(null)))


def _spread(ranks: np.ndarray) -> np.ndarray:
    """Sum of squares of the sums of ranks: a linear function of Kendall's W."""
    return np.square(ranks.sum(axis=-2)).sum(axis=-1)


@lru_cache(maxsize=64)
def _random_spreads(answers: int, methods: int, seed: int) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return _spread(draw.random((_DRAWS, answers, methods)).argsort(axis=-1) + 1)


def best_p(places: np.ndarray, methods: int, seed: int = 0) -> float:
    """How probable it is that a method is placed as high as this by chance.

    Args:
        places: Its ranks in the answers of one person, ``(A,)``.
        methods: Number of methods, K.
        seed: Seed of the draws, if there are too many sums to count.

    Returns:
        Probability of a sum of ranks at most as large if every rank is as probable as another.
    """
    if methods ** len(places) <= _EXACT:
        sums = np.array([sum(c) for c in product(range(1, methods + 1), repeat=len(places))])
        return float((sums <= places.sum()).mean())
    draw = np.random.default_rng(seed)
    sums = draw.integers(1, methods + 1, (_DRAWS, len(places))).sum(axis=1)
    return float((1 + (sums <= places.sum()).sum()) / (1 + _DRAWS))


def ranks_at_random(ranks: np.ndarray, real: int) -> bool:
    """Decide whether the answers of one person look like answers at random.

    They do if neither do their rankings of different sets agree with each other better than random
    ones (Kendall's W, `agreement_p`), nor is the real video placed higher than by chance
    (`best_p`), both at the level 5 %. Neither test compares a person with other people, nor one
    method with another, so that no taste is removed and no method gains. Somebody who ranks at
    random is found with a probability of at least 90 %; somebody with one answer always, since one
    answer shows nothing.

    Args:
        ranks: Ranks that the person gave, ``(A, K)``.
        real: Column of the real video.
    """
    methods = ranks.shape[1]
    return agreement_p(ranks) > LEVEL and best_p(ranks[:, real], methods) > LEVEL
