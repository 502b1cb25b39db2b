"""What each design of the same job really does when things go wrong, and what it costs: `make bench`.

contestant  what a design has to offer, to take part
ground      the embedded AWS that each run gets: its SES, its users
faults      what goes wrong; schedule: when
processes   a design's producer, and its senders, which are kept up
run         one design under one fault
witness     what SES accepted, whose it was, and what that says of the design
figures     a row of docs/bench/shootout.json; results: all of them, kept as they are measured
report      tables; explained: why a design doubles or loses; picture: charts
"""
