"""A month on a deployed stack.

month         produces it and waits until its messages have come to rest
outbox_view   its messages in the outbox table
progress      where they are, on the screen
sweeps        the sweeper, every few seconds
audit         what arrived in the inbox, against what should have
"""
