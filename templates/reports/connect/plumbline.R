# One table as a data frame. PLUMBLINE_KEY in ~/.Renviron is {{ key_name }}.
library(arrow)
library(httr2)

scores <- request("{{ feed }}/scores.parquet") |>
  req_auth_bearer_token(Sys.getenv("PLUMBLINE_KEY")) |>
  req_retry(max_tries = 5) |>
  req_perform() |>
  resp_body_raw() |>
  read_parquet()
