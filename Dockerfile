# syntax=docker/dockerfile:1

# docker build -t cielo24_exporter .
# docker run -p 10059:10059 -v ./cielo24.yml:/etc/cielo24_exporter/cielo24.yml:ro cielo24_exporter
#
# docker buildx build --platform=linux/amd64,linux/arm64,linux/arm/v7 . builds it for several architectures.

# Built on the machine's own architecture, for any other. A build context named "build" stands in for this stage: so
# `make image` and releases take the program that they have built.
FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm AS build
WORKDIR /src
ENV GOCACHE=/var/cache/go-build
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG TARGETOS TARGETARCH TARGETVARIANT TARGETPLATFORM
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/var/cache/go-build \
    GOOS=$TARGETOS GOARCH=$TARGETARCH GOARM=${TARGETVARIANT#v} make build \
    && install -D cielo24_exporter /out/$TARGETPLATFORM/cielo24_exporter

# Nothing but the program and the CAs it trusts; time zones are within the program.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY LICENSE docs/licences.md /usr/share/doc/cielo24_exporter/
ARG TARGETPLATFORM
COPY --from=build /out/$TARGETPLATFORM/cielo24_exporter /bin/cielo24_exporter
# Paths in the configuration are relative to it.
WORKDIR /etc/cielo24_exporter
USER 65532:65532
EXPOSE 10059
# Asks where the exporter listens by default. Another address it takes, as the exporter does, from the environment:
# CIELO24_EXPORTER_WEB_LISTEN_ADDRESS.
HEALTHCHECK --interval=30s --timeout=6s --start-period=10s CMD ["/bin/cielo24_exporter", "health"]
ENTRYPOINT ["/bin/cielo24_exporter"]
ARG VERSION=unknown REVISION=unknown CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="cielo24_exporter" \
      org.opencontainers.image.description="Prometheus exporter for cielo24 captioning jobs" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED"
