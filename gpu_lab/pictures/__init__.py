"""Pictures for a chat: one dark card each, readable on a phone. matplotlib loads on use."""
