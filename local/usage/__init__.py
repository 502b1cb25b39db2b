"""Usage data: a file of one's own or an invented one, and who should get a mail by it.

csv_file      a usage file, read event by event
sample        an invented usage file
choice        which file and which month something runs on
expectation   who should get a mail, computed from the file alone
bucket        the events in S3, where Athena reads them
"""
