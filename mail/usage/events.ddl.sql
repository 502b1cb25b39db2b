-- The table that query.sql reads, as serverless.yml creates it. On your own account your usage data
-- takes its place: create a table or a view named usage_events with these five columns over it, in any format
-- that Athena reads. used_at is in UTC; minutes may be of any numeric type.

CREATE EXTERNAL TABLE usage_events (
    user_id string,
    email string,
    device_id string,
    used_at timestamp,
    minutes decimal(18, 3)
)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
LOCATION 's3://amzn-s3-demo-bucket/usage_events/'
