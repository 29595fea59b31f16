"""How large a batch a GPU's memory holds, from what is free now. Nothing here touches a GPU.

Free may be given, taken from a probe's snapshot, or from the catalogue of an empty GPU.
"""

from gpu_lab.vram.activations import (
    Activations,
    Attention,
    Measured,
    calibrated_eager,
    calibrated_fused,
    closed_form,
)
from gpu_lab.vram.budget import Budget, Fit, Overrun, budget, largest_batch, overrun
from gpu_lab.vram.encoder import Dtype, Encoder
from gpu_lab.vram.errors import (
    EncoderNotReadable,
    EncoderRefused,
    GpuRefused,
    PointsRefused,
    RequestRefused,
    UnknownEncoder,
    VramRefused,
)
from gpu_lab.vram.gpus import Room, room_of_catalogue, room_of_snapshot
from gpu_lab.vram.read import built_in_names, read_encoder

__all__ = [
    "Activations",
    "Attention",
    "Budget",
    "Dtype",
    "Encoder",
    "EncoderNotReadable",
    "EncoderRefused",
    "Fit",
    "GpuRefused",
    "Measured",
    "Overrun",
    "PointsRefused",
    "RequestRefused",
    "Room",
    "UnknownEncoder",
    "VramRefused",
    "budget",
    "built_in_names",
    "calibrated_eager",
    "calibrated_fused",
    "closed_form",
    "largest_batch",
    "overrun",
    "read_encoder",
    "room_of_catalogue",
    "room_of_snapshot",
]
