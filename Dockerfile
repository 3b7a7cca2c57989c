# One image a service:
#   docker build --build-arg SERVICE=booking-service --build-arg VERSION="$(cat VERSION)" -t tidebook/booking-service .
# SERVICE is api-gateway, booking-service, billing-service, notifier-service, migrations, or devstack
# (the fake Stripe, for trying things out).
#
# A build behind a mirror or a private certificate authority takes a PYTHON_IMAGE that knows about
# them: nothing of that is named here, and no secret is ever an argument of the build.
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS build
ARG SERVICE
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
# The lock alone first: code changes more often than it does, and this layer is the slow one.
COPY requirements ./requirements
RUN set -eu; \
    case "${SERVICE:?give --build-arg SERVICE=...}" in \
      api-gateway) lock=api-gateway; module=gateway ;; \
      booking-service | billing-service | notifier-service) lock=$SERVICE; module=${SERVICE%-service} ;; \
      migrations) lock=migrations; module=migrations ;; \
      devstack) lock=run; module=devstack.stripe ;; \
      *) echo "SERVICE=$SERVICE is none of Tidebook's" >&2; exit 1 ;; \
    esac; \
    python -m venv --without-pip /opt/tidebook; \
    pip --python /opt/tidebook/bin/python install --quiet --require-hashes -r "requirements/$lock.txt"; \
    printf '#!/bin/sh\nexec python -m %s "$@"\n' "$module" >/opt/tidebook/bin/serve; \
    chmod 755 /opt/tidebook/bin/serve
# Each distribution reads its version from beside its own folder.
COPY VERSION ./
COPY shared ./shared
COPY ${SERVICE} ./service
# A service is installed as its distribution; the migrations are a plain package. What only builds
# wheels leaves again, and everything is compiled, because the image is read-only when it runs.
RUN set -eu; \
    python=/opt/tidebook/bin/python; \
    if [ -f service/pyproject.toml ]; then \
      pip --python "$python" install --quiet --no-deps --no-build-isolation ./shared ./service; \
      pip --python "$python" uninstall --quiet --yes hatchling editables pathspec pluggy trove-classifiers; \
    else \
      cp -r service "$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/$SERVICE"; \
    fi; \
    "$python" -m compileall -q /opt/tidebook/lib

FROM ${PYTHON_IMAGE}
ARG SERVICE
ARG VERSION
LABEL org.opencontainers.image.title="tidebook-${SERVICE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --system --gid 10001 tidebook \
 && useradd --system --uid 10001 --gid tidebook --home-dir /app --shell /usr/sbin/nologin tidebook \
 && install -d -o tidebook -g tidebook /app /app/data
COPY --from=build /opt/tidebook /opt/tidebook
ENV PATH=/opt/tidebook/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PORT=8000
WORKDIR /app
# By number, so that an orchestrator can see that it isn't root.
USER 10001:10001
EXPOSE 8000
# Alive, not ready: a missing database must not get a process restarted.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["python", "-S", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['PORT']), timeout=2); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
# `exec python -m <module>`: the process gets SIGTERM itself and stops in order within 25 s.
ENTRYPOINT ["serve"]
