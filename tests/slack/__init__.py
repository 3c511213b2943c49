"""Slack: the strict local Slack that judges us, and the door through real HTTP."""
