-- One row for each user with an event in the month that begins on %(period_start)s.
--
-- Parameter   period_start, the first day of the month (a DATE); days and months are those of UTC.
-- Reads       usage_events (see events.ddl.sql); used_at is a timestamp in UTC.
-- Promises    user_id is unique and ascending. email is the one on the user's latest event of the month.
--             previous_minutes and change_percent are NULL for a user without an event in the month before;
--             change_percent also where that month has zero minutes. Where an event's minutes are no number
--             that fits (NaN, infinite, 10^15 and more), the sum of its month is NULL, and no other row is
--             touched: the producer rejects this user's row, or shows no comparison if it is the month
--             before.
--
-- The two months are read in one scan, because Athena charges by the bytes it reads. Only what Trino and
-- DuckDB both understand is used, so that the embedded AWS runs this very file. The producer writes the
-- parameter in as a literal, DATE '2026-10-01'; any other percent sign is yours, as it stands.

WITH events AS (
    SELECT
        user_id,
        email,
        device_id,
        used_at,
        CAST(used_at AS date) AS day,
        TRY_CAST(minutes AS decimal(18, 3)) AS minutes,
        minutes IS NOT NULL AND TRY_CAST(minutes AS decimal(18, 3)) IS NULL AS unusable,
        used_at >= %(period_start)s AS in_period
    FROM usage_events
    WHERE used_at >= %(period_start)s - INTERVAL '1' MONTH
      AND used_at < %(period_start)s + INTERVAL '1' MONTH
),

days AS (
    SELECT
        *,
        sum(minutes) OVER (PARTITION BY user_id, day) AS day_minutes,
        row_number() OVER (PARTITION BY user_id ORDER BY used_at DESC, email DESC NULLS LAST) AS recency
    FROM events
),

ranked AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY user_id, in_period ORDER BY day_minutes DESC, day) AS day_rank
    FROM days
),

users AS (
    SELECT
        user_id,
        max(email) FILTER (WHERE recency = 1) AS email,
        CASE WHEN count(*) FILTER (WHERE in_period AND unusable) = 0
            THEN sum(minutes) FILTER (WHERE in_period) END AS total_minutes,
        count(DISTINCT nullif(device_id, '')) FILTER (WHERE in_period) AS device_count,
        count(DISTINCT day) FILTER (WHERE in_period) AS active_days,
        max(day) FILTER (WHERE in_period AND day_rank = 1) AS busiest_day,
        max(day_minutes) FILTER (WHERE in_period) AS busiest_day_minutes,
        CASE WHEN count(*) FILTER (WHERE NOT in_period AND unusable) = 0
            THEN sum(minutes) FILTER (WHERE NOT in_period) END AS previous_minutes
    FROM ranked
    GROUP BY user_id
    HAVING count(*) FILTER (WHERE in_period) > 0
)

SELECT
    user_id,
    email,
    total_minutes,
    device_count,
    active_days,
    busiest_day,
    busiest_day_minutes,
    previous_minutes,
    round(100 * (CAST(total_minutes AS double) / nullif(CAST(previous_minutes AS double), 0) - 1), 1)
        AS change_percent
FROM users
ORDER BY user_id
