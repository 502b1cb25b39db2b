"""Faults to order: what real systems do to each other now and then, done for certain.

staged_kill    one function killed at a moment that can be named
kill_all       all processes of some functions killed, now
storm          random faults, again and again, until they are called off
workers        the processes that can be killed
ses_answers    an answer of SES that gets lost
ses_refusals   a mail that SES refuses for the rate, or for good
stream_batches a stream batch that is delivered twice
"""

from local.engine.faults import kill_all, ses_answers, ses_refusals, staged_kill, storm, stream_batches


def install() -> None:
    """Answer the URLs, and put each fault where it can strike."""
    staged_kill.install()
    kill_all.install()
    storm.install()
    ses_answers.install(storm.drops_ses_answer)
    ses_refusals.install(storm.throttles_ses, storm.rejects_ses)
    stream_batches.install(storm.delivers_twice)
