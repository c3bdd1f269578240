# Metabase reads databases: load the feed into PostgreSQL with the dlt script of this page,
# once an hour for example, and add that database in Metabase: Admin > Databases > Add.
export PLUMBLINE_KEY=…   # {{ key_name }}
export DLT_DESTINATION=postgres
export DESTINATION__POSTGRES__CREDENTIALS=postgresql://loader@localhost/warehouse
pip install "dlt[postgres]"
curl --fail --silent --header "X-API-Key: $PLUMBLINE_KEY" "{{ feed }}/scores?page_size=1"
python plumbline_dlt.py
