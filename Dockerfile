# syntax=docker/dockerfile:1

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# The image brings Node, and Postgres runs in a container of its own: no optional dependency is needed but the compiler's.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
COPY bin ./bin
COPY migrations ./migrations
USER node
# Healthy while the ledger can be read. A stream that fails is no reason to restart the process: see `status`.
HEALTHCHECK --interval=60s --timeout=20s --start-period=30s CMD ["node", "bin/zendesk-log-sync.js", "status", "--json"]
ENTRYPOINT ["node", "bin/zendesk-log-sync.js"]
CMD ["serve"]
