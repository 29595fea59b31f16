"""How each action is done: one short function per action, facts out and no prose."""

from bot.handlers.table import HANDLERS

__all__ = ["HANDLERS"]
