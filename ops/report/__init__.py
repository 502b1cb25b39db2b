"""The report of a month: how it went, on one page, for who paid for it and for who ran it."""
