-- The table that query.sql reads. It is deployed with this name, these columns and this place in the stack's bucket,
-- over JSON lines. If your data lies elsewhere, make a table or a view over it with the same name and columns, in any
-- format that Athena reads. used_at is in UTC; minutes may be of any numeric type.

CREATE EXTERNAL TABLE usage_events (
    user_id string,
    email string,
    device_id string,
    used_at timestamp,
    minutes decimal(18, 3)
)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
LOCATION 's3://amzn-s3-demo-bucket/usage_events/'
