"""Choice of an instance and its breaker (REG-042 to REG-045, REG-052, RET-061 to RET-066)."""
OPEN_MS = 10000
MINUTE_MS = 60000
FAILS = 10


def lets_through(gw, instance):
    """Closed, or open long enough and with no other attempt as its probe (RET-062, RET-063)."""
    if instance.open_until is None:
        return True
    return gw.now >= instance.open_until and instance.probe_until is None


def rate_ms(gw, instance):
    """When the rate that an instance granted lets another delivery through (REG-021)."""
    while instance.sent and instance.sent[0] <= gw.now - MINUTE_MS:
        instance.sent.popleft()
    if instance.rate is None or len(instance.sent) < instance.rate:
        return gw.now
    return instance.sent[-instance.rate] + MINUTE_MS


def choose(gw, instances, failed=None, rated=False):
    """(instance, None), or (None, ms when one may be tried); (None, None) without any instance."""
    instances = list(instances)
    if not instances:
        return None, None
    pool = [each for each in instances if each.healthy] or instances
    free = [each for each in pool if lets_through(gw, each)]
    if not free:
        return None, max(gw.now + 1, min(each.probe_until or each.open_until for each in pool))
    if rated:
        at_ms = min(rate_ms(gw, each) for each in free)
        free = [each for each in free if rate_ms(gw, each) <= gw.now]
        if not free:
            return None, at_ms
    others = [each for each in free if each.name != failed]
    free = others or free
    if len(free) > 2:
        free = gw.pick.sample(free, 2)
    return min(free, key=lambda each: each.in_flight), None


def begin(gw, instance, until_ms):
    """An attempt begins on an instance; whether it is the probe of its breaker."""
    instance.in_flight += 1
    if instance.rate is not None:
        instance.sent.append(gw.now)
    if instance.open_until is not None:
        instance.probe_until = until_ms
        return True
    return False


def finish(gw, instance, is_probe, is_success):
    """An attempt ended; whether the breaker closed (RET-061, RET-064, RET-065)."""
    instance.in_flight -= 1
    if is_probe:
        instance.probe_until = None
        instance.fails = 0 if is_success else instance.fails + 1
        instance.open_until = None if is_success else gw.now + OPEN_MS
        return is_success
    instance.fails = 0 if is_success else instance.fails + 1
    if instance.open_until is None and instance.fails >= FAILS:
        instance.open_until = gw.now + OPEN_MS
    return False
