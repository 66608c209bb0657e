# syntax=docker/dockerfile:1

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# The image brings Node, and Postgres runs in a container of its own: no optional dependency is needed but the compiler's.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && install -d -m 700 state

# The same Debian without npm and yarn, which only make the image larger and are found fault with by scanners.
FROM debian:bookworm-slim
# With these the allocator of the C library keeps less of what pages needed: docs/performance.md, Memory.
ENV NODE_ENV=production MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=1048576
WORKDIR /app
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
COPY bin ./bin
COPY migrations ./migrations
# A volume that is mounted here is the program's to write.
COPY --from=build --chown=1000:1000 /app/state /var/lib/zendesk-log-sync
# A number: Kubernetes cannot tell from a name that it is not root.
USER 1000:1000
EXPOSE 8080
# Asks the process alone: restarting it would bring back neither Postgres nor Zendesk. Without HTTP there is nothing to ask.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["node", "-e", "const port = process.env.HTTP_PORT || 8080; if (port !== '0') fetch(`http://127.0.0.1:${port}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1));"]
ENTRYPOINT ["node", "bin/zendesk-log-sync.js"]
CMD ["serve"]
