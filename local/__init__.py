"""The whole product on one machine, without an account and without Docker; `python -m local` is its command line.

engine     the embedded AWS's server, in an environment of its own
stack      the embedded AWS as it runs here, and the product deployed on it
usage      usage data, and who should get a mail by it
month      a month on a stack: produced, watched, counted in the inbox
demo       a month in which the producer is killed
chaos      a month in which everything breaks
rehearse   what an operator meets on the first of the month
faults     faults on the stack that is up, by order
preview    the mail of one's own rows, without deploying
inbox      the mails on the stack that is up; invoke runs a handler of the checkout against it
"""
