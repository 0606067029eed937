# Two stages: the first installs by hash, the second carries only what runs.

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements.txt /tmp/requirements.txt
RUN /opt/venv/bin/pip install --require-hashes -r /tmp/requirements.txt

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    FLASK_APP=app
RUN groupadd --system --gid 10001 yanglai \
    && useradd --system --uid 10001 --gid yanglai --home-dir /srv/yanglai --shell /usr/sbin/nologin yanglai
WORKDIR /srv/yanglai
COPY --from=build /opt/venv /opt/venv
COPY . .
RUN python -m compileall -q app.py bot handlers models migrations simulator \
    && install -d -o yanglai -g yanglai -m 0750 var
USER yanglai
VOLUME /srv/yanglai/var
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=4 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + (os.environ.get('PORT') or '8000') + '/healthz', timeout=4)"]
CMD ["gunicorn", "app:create_app()"]
