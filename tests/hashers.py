from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """The product's own algorithm with the least effort: tests sign in a thousand times."""

    time_cost = 1
    memory_cost = 1024
    parallelism = 1
