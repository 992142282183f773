# Read by gunicorn wherever it is started here. Should somebody ask for a log of requests: the path, never its question (a search may be
# a name) and never the page one came from.
access_log_format = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(B)s %(M)s'
