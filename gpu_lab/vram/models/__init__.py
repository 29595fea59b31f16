"""Sizes of the encoders that come with the lab, one TOML file each."""
