# One image, every role: docker run IMAGE run --config /etc/ticketbridge/bridge.toml ingress
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/ticketbridge
COPY requirements.txt ./
RUN /opt/ticketbridge/bin/pip install --no-cache-dir -r requirements.txt
COPY pyproject.toml README.md ./
COPY contracts contracts
COPY worker worker
RUN /opt/ticketbridge/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --home-dir /var/lib/ticketbridge ticketbridge \
    && install -d -o ticketbridge /var/lib/ticketbridge
COPY --from=build /opt/ticketbridge /opt/ticketbridge
ENV PATH=/opt/ticketbridge/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /var/lib/ticketbridge
USER ticketbridge
EXPOSE 9100
ENTRYPOINT ["ticketbridge"]
CMD ["run"]
