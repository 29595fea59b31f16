"""The allocation that the FGD paper's artifact reports, to be compared with. Nothing is run here.

Source: hkust-adsl/kubernetes-scheduler-simulator, expected results (Apache-2.0); USENIX ATC'23.
"""

from __future__ import annotations

from gpu_lab.placement.protocol.world import Policy

POLICIES = (
    Policy.RANDOM,
    Policy.DOT_PRODUCT,
    Policy.CLUSTERING,
    Policy.PACKING,
    Policy.BEST_FIT,
    Policy.FGD,
)

# GPU allocation in percent, mean of seeds 42-51, once 130 % of the GPUs were asked for.
AT_130 = {
    "default": (87.47, 90.85, 91.88, 92.00, 93.08, 95.39),
    "cpu050": (91.24, 93.27, 93.79, 93.72, 93.79, 95.21),
    "cpu100": (89.11, 91.96, 92.64, 92.72, 93.44, 95.35),
    "cpu200": (83.77, 87.70, 89.92, 90.22, 92.40, 95.04),
    "cpu250": (80.41, 83.80, 87.99, 88.28, 91.45, 93.41),
    "gpushare40": (86.00, 89.56, 90.02, 90.03, 91.69, 94.15),
    "gpushare60": (83.65, 87.12, 87.20, 87.45, 89.36, 91.40),
    "gpushare80": (81.22, 84.49, 84.85, 85.00, 87.01, 89.30),
    "gpushare100": (79.44, 82.42, 82.65, 82.57, 85.01, 86.90),
    "gpuspec10": (87.43, 90.39, 92.18, 92.46, 93.30, 94.95),
    "gpuspec20": (87.24, 89.97, 92.24, 92.94, 93.30, 94.84),
    "gpuspec25": (86.94, 89.63, 92.08, 92.98, 93.23, 94.74),
    "gpuspec33": (86.46, 89.14, 92.12, 93.22, 93.09, 94.55),
    "multigpu20": (88.69, 92.06, 93.56, 93.71, 93.93, 95.65),
    "multigpu30": (89.27, 93.28, 94.72, 94.87, 94.72, 96.46),
    "multigpu40": (90.09, 94.19, 95.50, 95.74, 95.24, 96.99),
    "multigpu50": (90.28, 94.85, 95.81, 96.18, 95.74, 97.18),
}


def allocation_at_130(workload: str, policy: Policy) -> float | None:
    """Give the published figure, None for a workload that the paper does not have."""
    row = AT_130.get(workload)
    return None if row is None else row[POLICIES.index(policy)]
