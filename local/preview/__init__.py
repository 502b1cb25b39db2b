"""The mail of your own rows, seconds after an edit and without a deployment.

places     where in the files of the mail something is wrong
rows       the query, run by the embedded AWS's Athena over a usage file
mails      some of the rows as mails, rendered by the embedded AWS's SES
pages      the mails on disk, for browser and terminal
"""
