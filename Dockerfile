# syntax=docker/dockerfile:1

# docker build -t cielo24_exporter .
# docker run -p 10059:10059 -v ./cielo24.yml:/etc/cielo24_exporter/cielo24.yml:ro cielo24_exporter

# Built on the machine's own architecture, for any other.
FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
WORKDIR /src
ENV GOCACHE=/var/cache/go-build
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG TARGETOS TARGETARCH
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/var/cache/go-build \
    GOOS=$TARGETOS GOARCH=$TARGETARCH make build

# Nothing but the program and the CAs it trusts; time zones are within the program.
FROM scratch
LABEL org.opencontainers.image.title="cielo24_exporter" \
      org.opencontainers.image.description="Prometheus exporter for cielo24 captioning jobs" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /src/cielo24_exporter /bin/cielo24_exporter
COPY LICENSE /
# Paths in the configuration are relative to it.
WORKDIR /etc/cielo24_exporter
USER 65532:65532
EXPOSE 10059
ENTRYPOINT ["/bin/cielo24_exporter"]
