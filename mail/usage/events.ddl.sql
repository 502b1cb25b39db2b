-- The table that query.sql reads, as it is deployed: with this name, these columns and this place in the stack's bucket,
-- over JSON lines, one folder a month. If your data lies elsewhere, or is large, make a table or a view over it with the
-- same name and columns, in any format that Athena reads: docs/deploying.md, "The data".
--
-- used_at   in UTC. One that has none of the formats fails the query, and so does a line that is no JSON object.
-- minutes   any text or numeric type. As text, because the SerDe parses a decimal before SQL sees it: one odd value
--           would fail everybody's query. As it is, it spoils one user's sum.
-- month     the folder, not a column of the data: the month of used_at. A run reads its own month and the one before.
--           An event counts for the month of its used_at, and only where its folder is read: put it into that month's.
--           One that arrives when its month has been produced changes no mail of it.

CREATE EXTERNAL TABLE usage_events (
    user_id string,
    email string,
    device_id string,
    used_at timestamp,
    minutes string
)
PARTITIONED BY (
    month string
)
ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'
WITH SERDEPROPERTIES (
    'timestamp.formats' = 'yyyy-MM-dd HH:mm:ss.SSS,yyyy-MM-dd HH:mm:ss'
)
LOCATION 's3://amzn-s3-demo-bucket/usage_events/'
TBLPROPERTIES (
    'classification' = 'json',
    'projection.enabled' = 'true',
    'projection.month.type' = 'date',
    'projection.month.format' = 'yyyy-MM',
    'projection.month.range' = '1970-01,NOW',
    'projection.month.interval' = '1',
    'projection.month.interval.unit' = 'MONTHS',
    'storage.location.template' = 's3://amzn-s3-demo-bucket/usage_events/${month}/'
)
