"""accept: the deployed stack proves itself, with some fifty mails to SES's mailbox simulator (source: ses-simulator).

cohort    who is mailed, and what must become of each
witness   a queue beside the stack that hears the same events of SES
trials    what is done to some of the messages: repeated, stopped, paused
readings  what is looked at without a mail: alarms, roles, dead letters, the query
measures  what no document tells: lateness, transitions, durations
"""
