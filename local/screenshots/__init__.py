"""The README's pictures of the console and of the mail, taken of a month in which the producer was killed.

chromium   the browser of this machine
month      the month, acted out while pictures are taken of it
pictures   which page goes into which file
command    `make screenshots`
"""
