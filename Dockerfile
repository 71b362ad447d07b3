# ziping with all that reading, asking and feedback sheets need; no tools of development. docs/en/install.md says how to use it.
FROM python:3.12-slim-bookworm AS build
WORKDIR /src
COPY requirements-run.lock ./
RUN python -m venv /opt/ziping \
 && /opt/ziping/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-run.lock
COPY pyproject.toml README.md LICENSE ./
COPY schema schema
COPY extractors extractors
COPY normalizers normalizers
COPY pipeline pipeline
RUN /opt/ziping/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps .

FROM python:3.12-slim-bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends fontconfig fonts-noto-cjk libreoffice-writer-nogui \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home ziping
COPY --from=build /opt/ziping /opt/ziping
ENV PATH=/opt/ziping/bin:$PATH PYTHONUNBUFFERED=1
USER ziping
WORKDIR /home/ziping
ENTRYPOINT ["ziping"]
CMD ["--help"]
