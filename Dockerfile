# docker build -t analyze . && docker run --rm -v "$PWD:/data:ro" analyze bundle.zip
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY analyzer analyzer
COPY parsers parsers
COPY rules rules
RUN pip wheel --no-cache-dir --wheel-dir /wheels .

FROM python:3.12-slim
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels bundle-analyzer \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin analyze
USER 10001
WORKDIR /data
ENV PYTHONDONTWRITEBYTECODE=1
ENTRYPOINT ["analyze"]
CMD ["--help"]
