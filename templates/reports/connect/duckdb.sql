-- DuckDB 1.1 or newer. The token is {{ key_name }}.
INSTALL httpfs;
LOAD httpfs;
SET force_download = true;
CREATE OR REPLACE SECRET plumbline (TYPE http, BEARER_TOKEN '…');
CREATE OR REPLACE TABLE scores AS
SELECT * FROM read_parquet('{{ feed }}/scores.parquet');
