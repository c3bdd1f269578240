# The production image: what docker-compose.yml runs as web, worker, beat and migrate.
FROM python:3.13-slim AS packages
COPY requirements/production.txt /requirements.txt
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r /requirements.txt

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --no-create-home plumbline
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
RUN python manage.py collectstatic --no-input && python -m compileall -q .
USER plumbline
CMD ["gunicorn", "config.wsgi:application"]
