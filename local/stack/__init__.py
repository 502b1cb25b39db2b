"""The embedded AWS as it runs here, and the product deployed on it.

embedded_aws      one that ends with its caller, for tests and the preview
detached_engine   one that stays up; daemon keeps its process
detached_console  the console beside it
isolation         nothing that is started here reaches a real account
deployment        serverless.yml, deployed on it
stage_settings    the settings of a stage, from mail/stages.yml
stack             both as one thing to switch on and off; command does it from the command line
parameters        a deployment on which time passes faster
contents          what a stack holds, for somebody who would lose it
engine_pages      the embedded AWS's own URLs: inbox, limits, faults
printing          lines on a screen that may go away
"""
