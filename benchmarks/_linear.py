"""Training a linear yes/no model over named features. Only benchmarks train; the product reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

Features = Mapping[str, float]


class Linear:
    """Weights by name and a bias."""

    def __init__(self, weights: dict[str, float], bias: float) -> None:
        self.weights = weights
        self.bias = bias

    def score(self, features: Features) -> float:
        """Give the log odds."""
        return self.bias + sum(self.weights.get(name, 0.0) * x for name, x in features.items())


def trained(
    rows: Sequence[Features],
    answers: Sequence[int],
    ridge: float,
    least: int,
    dense: Callable[[str], bool] = lambda _: False,
) -> Linear:
    """Fit by L-BFGS; features seen in fewer than `least` rows are left out.

    Features that `dense` names are brought to one scale first, so that the ridge is fair to them.
    """
    counts = Counter(name for row in rows for name in row)
    names = sorted(name for name, count in counts.items() if count >= least)
    column = {name: index for index, name in enumerate(names)}
    table = _table(rows, column)
    squares = np.asarray(table.multiply(table).mean(axis=0)).ravel()
    spread = np.sqrt(np.maximum(squares - np.asarray(table.mean(axis=0)).ravel() ** 2, 1e-9))
    scale = np.where([dense(name) for name in names], spread, 1.0)
    solved = _solve(table.multiply(1 / scale[None, :]).tocsr(), np.asarray(answers, float), ridge)
    weights = solved[:-1] / scale
    return Linear(dict(zip(names, weights.tolist(), strict=True)), float(solved[-1]))


def _table(rows: Sequence[Features], column: Mapping[str, int]) -> csr_matrix:
    values: list[float] = []
    places: list[int] = []
    ends = [0]
    for row in rows:
        known = [(column[name], value) for name, value in row.items() if name in column]
        places += [place for place, _ in known]
        values += [value for _, value in known]
        ends.append(len(places))
    return csr_matrix((values, places, ends), shape=(len(rows), len(column)))


def _solve(table: csr_matrix, answers: np.ndarray, ridge: float) -> np.ndarray:
    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        z = table @ at[:-1] + at[-1]
        error = 1 / (1 + np.exp(-z)) - answers
        value = (np.logaddexp(0, z) - answers * z).sum() + ridge / 2 * (at[:-1] ** 2).sum()
        return value, np.r_[table.T @ error + ridge * at[:-1], error.sum()]

    start = np.zeros(table.shape[1] + 1)
    return minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
