# Two images: `app` (web, worker, beat and the commands) and `proxy` (TLS in front of it). See deploy/README.md.

FROM python:3.11-slim-bookworm AS packages
COPY requirements.lock /
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r /requirements.lock


FROM python:3.11-slim-bookworm AS app
# Pango draws the PDFs (WeasyPrint).
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 sira \
    && useradd --uid 10001 --gid sira --no-create-home --shell /usr/sbin/nologin sira \
    && install -d -o sira -g sira /data /data/files /state
COPY --from=packages /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SIRA_IN_CONTAINER=1 \
    SIRA_HOME=/data \
    SIRA_STATIC=/app/.static
WORKDIR /app
COPY . .
# The key and the home are for this one command; nothing of them stays in the image.
RUN pybabel -q compile --directory locale --domain django \
    && pybabel -q compile --directory config/words --domain django \
    && if ls locale/*/LC_MESSAGES/djangojs.po >/dev/null 2>&1; then \
         pybabel -q compile --directory locale --domain djangojs; \
       fi \
    && DJANGO_SECRET_KEY=build python manage.py collectstatic --noinput --verbosity 0
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "4", "--preload", \
     "--timeout", "60", "--max-requests", "20000", "--max-requests-jitter", "2000", \
     "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]


FROM caddy:2-alpine AS proxy
# It listens above 1024 and runs as a user of its own: the binary needs no right to low ports.
RUN setcap -r /usr/bin/caddy \
    && adduser -D -H -u 10002 proxy \
    && chown -R proxy /data /config
COPY deploy/Caddyfile /etc/caddy/Caddyfile
USER 10002
EXPOSE 8080 8443
HEALTHCHECK --interval=30s --timeout=5s --retries=3 CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:2020/up"]

# What `docker build .` makes when no target is named.
FROM app
