# The app, a worker or any command of LongSSM A/B. compose.yaml shows how they go together.
#
#   docker build -t longssm-ab .
#   docker build -t longssm-ab --build-arg TORCH_INDEX=URL .     URL of torch's wheels for CPUs: smaller
#
# There is no sign-in: whoever reaches port 8501 sees every document. Put a proxy that asks who they
# are in front of it (deploy/Caddyfile), and never publish the port itself. The app refuses to start
# until LONGSSM_BEHIND_PROXY=true says that this is so:
#
#   docker run -e LONGSSM_BEHIND_PROXY=true -p 127.0.0.1:8501:8501 -v longssm:/data longssm-ab

FROM python:3.11-slim-bookworm AS build
ARG TORCH_INDEX=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
COPY pyproject.toml requirements.txt requirements-s3.txt README.md LICENSE ./
COPY longssm_core longssm_core
COPY evaluations evaluations
RUN if [ -n "$TORCH_INDEX" ]; then \
      pip install "torch>=2.13,<2.14" --index-url "$TORCH_INDEX"; \
    fi \
    && pip install -r requirements.txt -r requirements-s3.txt

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /home/longssm longssm \
    && install --directory --owner=longssm --group=longssm /data
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY pyproject.toml README.md LICENSE ./
COPY longssm_core longssm_core
COPY evaluations evaluations
COPY .streamlit .streamlit
COPY app app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/tmp/numba \
    LONGSSM_DATA_DIR=/data \
    LONGSSM_LOG_FORMAT=json
USER 10001
VOLUME /data
EXPOSE 8501
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/api/ready', timeout=9)"]
# 0.0.0.0: inside a container 127.0.0.1 is reached by nobody. Who may reach the port, the proxy decides.
CMD ["python", "-m", "streamlit", "run", "app/main.py", "--server.address=0.0.0.0", "--server.port=8501"]
