"""A refusal: a code of the table of errors, with what is known about the fault."""


class Refusal(Exception):
    """Refused with a code (README, conventions)."""

    def __init__(self, code, detail='', field=None, faults=None, retry_after_ms=None):
        super().__init__(code)
        self.code, self.detail, self.field = code, detail, field
        self.faults, self.retry_after_ms = faults, retry_after_ms


def as_control(refusal):
    """The member `refused` of an answer on the control plane."""
    told = {'code': refusal.code}
    if refusal.field is not None:
        told['field'] = refusal.field
    if refusal.faults is not None:
        told['faults'] = refusal.faults
    if refusal.retry_after_ms is not None:
        told['retryAfterMs'] = refusal.retry_after_ms
    return told


def fault(field, code, reason):
    """One fault of an envelope or a registration (ENV-005, ENV-016)."""
    return {'field': field, 'code': code, 'reason': reason}
