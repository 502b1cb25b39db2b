"""AWS and its time in memory: for the tests and the benchmarks. It is shipped to nobody.

virtual_time   processes that run side by side, in greenlets
asl            the interpreter of the state machine
fakes          stand-ins for tables, SES, Step Functions and the rest
outages        what a caller meets when AWS is unavailable
stack          the real handlers on the fakes, and one invocation of each
world          the whole product in virtual time, from usage rows to inbox

tests/crash, tests/stateful, tests/drift and most unit tests use a world or the fakes; tests/explorer and bench/pacing run
their own models of the platform in virtual time.
"""
