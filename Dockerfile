# The service in a container: `docker compose up` (compose.yaml) or docs/deploy.md.

FROM rust:1.90-bookworm AS denokv-build
RUN cargo install denokv --version 0.14.0 --locked --root /usr/local

# The KV Connect server of several workers (docs/machines.md).
FROM debian:bookworm-slim AS denokv
RUN useradd --create-home --uid 1000 denokv && install -d -o denokv /data
COPY --from=denokv-build /usr/local/bin/denokv /usr/local/bin/denokv
USER denokv
VOLUME /data
EXPOSE 4512
ENTRYPOINT ["denokv", "--sqlite-path", "/data/denokv.sqlite", "serve", "--addr", "0.0.0.0:4512"]

FROM node:22-bookworm-slim AS coder
# git for worktrees, perl and procps to hold a run together, bubblewrap, socat and ripgrep to confine it, tini to reap.
RUN apt-get update \
  && apt-get install -y --no-install-recommends \
    bubblewrap ca-certificates curl git openssh-client perl procps ripgrep socat tini \
  && rm -rf /var/lib/apt/lists/*
RUN npm install --global --no-fund --no-audit deno@2.9.6 @anthropic-ai/claude-code@2.1.332 \
  && npm cache clean --force
# Who works in it owns the repository that is mounted: git obeys no other one's. 1000 is who it is on most machines.
ARG UID=1000
ARG GID=1000
RUN groupmod --non-unique --gid "$GID" node && usermod --non-unique --uid "$UID" --gid "$GID" node \
  && install -d -o node -g node /app /data /home/node/.claude
USER node
WORKDIR /app
COPY --chown=node:node . .
# Fetches what the service needs and builds the pages, so that a start needs no network.
RUN deno cache --frozen main.ts core/host/launcher.ts && deno task build
ENV CODER_HOST=0.0.0.0 CODER_DATA=/data
# Database, logs and token; claude's login and its sessions. The repository and its worktrees are mounted where they are on
# the host, so that the paths that git notes hold on both sides.
VOLUME ["/data", "/home/node/.claude"]
EXPOSE 8000
STOPSIGNAL SIGTERM
# A worker without a port has nothing to be asked at.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD test "$CODER_PORT" = off || curl -fsS "http://127.0.0.1:${CODER_PORT:-8000}/livez"
ENTRYPOINT ["tini", "--", "deno", "task", "start"]
