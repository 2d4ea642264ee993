# One image, every role: docker run IMAGE run --config /etc/ticketbridge/bridge.toml ingress
ARG PYTHON=python:3.11.11-slim-bookworm

FROM ${PYTHON} AS build
WORKDIR /src
RUN python -m venv --without-pip /opt/ticketbridge
COPY requirements.txt ./
RUN pip --python /opt/ticketbridge/bin/python install --no-cache-dir -r requirements.txt
COPY pyproject.toml README.md ./
COPY contracts contracts
COPY worker worker
RUN pip --python /opt/ticketbridge/bin/python install --no-cache-dir --no-deps .

FROM ${PYTHON}
RUN useradd --system --uid 10001 --no-create-home --home-dir /var/lib/ticketbridge ticketbridge \
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/ticketbridge
COPY --from=build /opt/ticketbridge /opt/ticketbridge
ENV PATH=/opt/ticketbridge/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    READY_URL=http://127.0.0.1:9100/readyz
WORKDIR /var/lib/ticketbridge
USER 10001:10001
EXPOSE 9100 9180
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(os.environ['READY_URL'], timeout=3)"]
ENTRYPOINT ["ticketbridge"]
CMD ["run"]
