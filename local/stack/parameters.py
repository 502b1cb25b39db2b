"""Parameters of a deployment on which months are acted out."""

FASTER = {"claimLeaseS": 30, "sendLeaseS": 25, "sendTimeoutS": 20, "sesReadTimeoutS": 3, "strandedAfterS": 15}
"""Time passes faster: what takes minutes in an account takes seconds. As in an account, a claim's lease is longer than a send's,
that is longer than the send function may take, and that is longer than an ask of SES may take.
"""
