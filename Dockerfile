# Build: Rust and a C compiler are enough. Run: no compiler, no root.
FROM rust:1.92-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked --bin library-swap

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --create-home swap
COPY --from=build /src/target/release/library-swap /usr/local/bin/library-swap
USER swap
WORKDIR /data
VOLUME /data
# 0.0.0.0 inside the container; who can reach it is decided where the port is published.
ENV LIBRARY_SWAP__SERVER__LISTEN=0.0.0.0:8080 \
    LIBRARY_SWAP__DATABASE__URL=sqlite:/data/library-swap.db \
    LIBRARY_SWAP__MAIL__FOLDER=/data/mail
EXPOSE 8080
# `doctor` reads the same configuration as the service: nothing else has to be installed to ask.
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 \
    CMD ["library-swap", "doctor"]
ENTRYPOINT ["library-swap"]
CMD ["serve"]
