# PLUMBLINE_KEY is {{ key_name }}. Formats: csv, ndjson, parquet, arrow, xlsx.
curl --fail --silent --show-error --retry 5 \
  --header "Authorization: Bearer $PLUMBLINE_KEY" \
  --output scores.csv "{{ feed }}/scores.csv"
