"""Running a fleet: what is wished for against what is seen, and two controllers that close the gap.

`values` are the nouns, `rollout` the stages, `controllers` the deciders (pure), `world` the fleet
in simulated time, `report` what a run came to.
"""
