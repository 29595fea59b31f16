"""A fleet of GPU machines: any tree of domains, as arrays, read from TOML or YAML."""

from gpu_lab.fleet.build import build_fleet
from gpu_lab.fleet.describe import Block, Domain, FleetDescription, Machine, NodeType
from gpu_lab.fleet.errors import FleetRefused
from gpu_lab.fleet.model import Fleet, Level
from gpu_lab.fleet.read import read_scene
from gpu_lab.fleet.state import FleetState, Hold, Placement

__all__ = [
    "Block",
    "Domain",
    "Fleet",
    "FleetDescription",
    "FleetRefused",
    "FleetState",
    "Hold",
    "Level",
    "Machine",
    "NodeType",
    "Placement",
    "build_fleet",
    "read_scene",
]
