"""Where a process of notifier can be made to die (`shared.failpoints`)."""

from shared.failpoints import Failpoint


class NotifierFailpoint(Failpoint):
    """The steps of a mail on its way out, and of a job."""

    MAIL_CLAIMED = "mail.claimed"
    MAIL_HANDING_OVER = "mail.handing_over"
    MAIL_HANDED_OVER = "mail.handed_over"
    MAIL_RECORDED = "mail.recorded"
    JOB_STARTING = "job.starting"
    JOB_DONE = "job.done"
