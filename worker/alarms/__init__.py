"""Alarms that are kept, judged and sent to robots in people's chats."""
