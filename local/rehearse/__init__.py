"""Rehearse the first of the month: the situations that an operator meets, staged on the embedded AWS.

people     the users of a rehearsal and what they used
rehearsal  a month on a deployed stack, to be disturbed
stages     what happens in each scene
scenes     each scene: what it is about, what happens, and what an operator then looks at and decides
play       the operator's part, acted out
chapter    docs/rehearsing.md, which shows what each scene printed
"""
