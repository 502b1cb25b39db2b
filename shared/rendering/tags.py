"""The tags of a mail: an SES event finds its message by them."""

from shared.keys import Key, to_tag

STACK_TAG, USER_TAG, PERIOD_TAG, FENCE_TAG = "onlyonce-stack", "onlyonce-user", "onlyonce-period", "onlyonce-fence"
CONFIGURATION_SET_TAG = "ses:configuration-set"
"""SES adds it to every mail. The configuration set has the stack's name (deploy/mail.yml)."""


def tags(stack: str, key: Key, fence: int) -> dict[str, str]:
    """The tags of one send. Values hold [A-Za-z0-9_-] only (source: ses-tags)."""
    return {STACK_TAG: stack, USER_TAG: to_tag(key.user_id), PERIOD_TAG: key.period, FENCE_TAG: str(fence)}
