"""The one path on which SES accepts a message, for every operation of both API versions.

Accepted means: the caller gets a message id, the message counts against the quotas, and everything that goes
wrong from there on, a failed rendering included, is told by an event alone (source: botocore model ses,
SendTemplatedEmail: "if Amazon SES can't render the email because the template contains errors, it doesn't
send the email ... it already accepted the message"). AWS does not document the order of its checks; here the
quotas come last, so that what is refused for another reason costs none.
"""

from ministack.services import ses, ses_v2

from local.engine.mends.ses import addresses, delivery, inbox, sending_account, subscriptions, templates
from local.engine.mends.ses.handlebars import RenderingError
from local.engine.mends.ses.mail import Content, Mail, Template, new_message_id
from local.engine.mends.ses.refusals import Reason, RefusedError


def accept(mail: Mail) -> str:
    """The id of the accepted message, which is on its way. Raises RefusedError."""
    account = sending_account.current()
    with account.counting_refusals():
        mail.check_shape()
        if isinstance(mail.content, Template):
            templates.parsed_data(mail.content.data)
        account.check_may_send()
        check_configuration_set(mail.configuration_set)
        subscriptions.check(mail)
        if unverified := ses._message_rejection(mail.source, mail.recipients):
            raise RefusedError(Reason.REJECTED, unverified)
        account.admit(len(mail.recipients), sum(map(addresses.is_simulator, mail.recipients)))

    message_id = new_message_id()
    mail = subscriptions.enrolled(mail, message_id)
    try:
        content = _content(mail, message_id)
    except RenderingError as error:
        delivery.report_rendering_failure(message_id, mail, str(error))
        return message_id
    inbox.keep(message_id, mail, content, delivery.unreached(mail, content))
    delivery.dispatch(message_id, mail, content)
    return message_id


def _content(mail: Mail, message_id: str) -> Content:
    content = mail.content
    if isinstance(content, Template):
        content = templates.rendered(content, subscriptions.attributes(mail))
    return subscriptions.linked(content, mail, message_id)


def check_configuration_set(name: str) -> None:
    """Raise RefusedError if the set is named and missing, or if its sending is switched off."""
    if not name:
        return
    configuration_set = ses_v2._config_sets.get(name) or ses._configuration_sets.get(name)
    if configuration_set is None:
        raise RefusedError(Reason.NO_CONFIGURATION_SET, f"Configuration set <{name}> does not exist.")
    if not (configuration_set.get("SendingOptions") or {}).get("SendingEnabled", True):
        raise RefusedError(Reason.SET_PAUSED, f"Sending paused for configuration set <{name}>.")
