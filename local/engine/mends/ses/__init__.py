"""The embedded SES, one noun a module: what a sender meets on AWS and stock MiniStack lacks.

refusals, addresses     what SES does not accept, and how each API version says so
sending_account         quotas, pauses and figures of one account in one region
handlebars, templates   rendering, by the reference implementation of Handlebars
mail, raw_message       one message as it was asked for
headers                 what a sender may add to it
sending                 the one path on which every API operation accepts a message
send_v2, send_v1        the operations' requests and answers
outcomes                what becomes of an accepted message at each recipient
events, delivery        and how that is told to EventBridge a moment later
account, suppression    the account's attributes and its suppression list
contact_lists, contacts who wants mail of which topic
subscriptions           a mail of such a topic; unsubscribing: the page behind its link
inbox, journal, pages   the accepted mails: in memory, on disk, in the browser
fates                   what became of them, for the inbox
admin                   the knobs and the figures
routes                  where the mends hang what they answer
"""

from local.engine.mends.ses import (
    account,
    admin,
    contact_lists,
    contacts,
    delivery,
    events,
    handlebars,
    inbox,
    routes,
    send_v1,
    send_v2,
    suppression,
    templates,
    unsubscribing,
)


def mend() -> None:
    """Patch MiniStack's SES; `routes` first, because the others hang their operations on it."""
    for noun in (
        routes,
        handlebars,
        templates,
        account,
        suppression,
        contact_lists,
        contacts,
        send_v2,
        send_v1,
        events,
        delivery,
        inbox,
        admin,
        unsubscribing,
    ):
        noun.mend()
