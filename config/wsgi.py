"""What gunicorn serves. Loaded once, before its processes are forked (`--preload`)."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# What the start has made lives as long as the process: looking for garbage in it again and again costs a page up to 150 ms now and then,
# and writes to memory that the processes share. Measured with `make bench`: see docs/decisions/0036.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 20)
