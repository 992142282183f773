"""So many tries in a while, and no more: counted in the cache, which is in the database and outlives a restart."""

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """Where the request comes from, behind as many proxies as are ours (SIRA_PROXIES)."""
    return get_adapter(request).get_client_ip(request)


class Throttle:
    """`most` misses of one `who` within `seconds`; the while begins with the first."""

    def __init__(self, name: str, *, most: int, seconds: int):
        self.name, self.most, self.seconds = name, most, seconds

    def _key(self, who: object) -> str:
        return f"throttle:{self.name}:{who}"

    def is_full(self, who: object) -> bool:
        return (cache.get(self._key(who)) or 0) >= self.most

    def miss(self, who: object) -> None:
        key = self._key(who)
        if not cache.add(key, 1, self.seconds):
            try:
                cache.incr(key)
            except ValueError:  # it ended in between
                cache.set(key, 1, self.seconds)
