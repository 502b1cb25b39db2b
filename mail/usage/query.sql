-- One row for each user with an event in the month that begins on %(period_start)s.
--
-- Parameter   period_start, the first day of the month (a DATE); days and months are those of UTC.
-- Reads       usage_events (see events.ddl.sql), of it two months; used_at is a timestamp in UTC.
-- Promises    user_id is unique and ascending. email is the one on the user's latest event of the month.
--             previous_minutes and change_percent are NULL for a user without an event in the month before;
--             change_percent also where that month has zero minutes. Where an event's minutes are no number
--             that fits (NaN, infinite, 10^15 and more), the sum of its month is NULL, and no other row is
--             touched: the producer rejects this user's row, or shows no comparison if it is the month
--             before.
--
-- The two months are read in one scan, because Athena charges by the bytes it reads: each table expression is used once.
-- The bounds of `month` are constants, so Athena opens these two folders and no other. Events are summed by day and
-- device first; all that follows works on these sums. Only what Trino and DuckDB both understand is used, so that the
-- embedded AWS runs this very file. The producer writes the parameter in as a literal, DATE '2026-10-01'; any other
-- percent sign is yours, as it stands.

WITH events AS (
    SELECT
        user_id,
        email,
        nullif(device_id, '') AS device_id,
        used_at,
        CAST(used_at AS date) AS day,
        TRY_CAST(minutes AS decimal(18, 3)) AS minutes,
        minutes IS NOT NULL AND TRY_CAST(minutes AS decimal(18, 3)) IS NULL AS unusable
    FROM usage_events
    WHERE month >= substr(CAST(CAST(%(period_start)s - INTERVAL '1' MONTH AS date) AS varchar), 1, 7)
      AND month <= substr(CAST(%(period_start)s AS varchar), 1, 7)
      AND used_at >= %(period_start)s - INTERVAL '1' MONTH
      AND used_at < %(period_start)s + INTERVAL '1' MONTH
),

-- `latest` is (used_at, is there an email, the email or ''): rows are compared from left to right, and without NULLs.
device_days AS (
    SELECT
        user_id,
        day,
        device_id,
        day >= %(period_start)s AS in_period,
        sum(minutes) AS minutes,
        bool_or(unusable) AS unusable,
        max(ROW(used_at, email IS NOT NULL, coalesce(email, ''))) AS latest
    FROM events
    GROUP BY user_id, day, device_id
),

days AS (
    SELECT
        *,
        sum(minutes) OVER (PARTITION BY user_id, day) AS day_minutes
    FROM device_days
),

users AS (
    SELECT
        user_id,
        max(latest) AS latest,
        CASE WHEN NOT bool_or(unusable) FILTER (WHERE in_period)
            THEN sum(minutes) FILTER (WHERE in_period) END AS total_minutes,
        count(DISTINCT device_id) FILTER (WHERE in_period) AS device_count,
        count(DISTINCT day) FILTER (WHERE in_period) AS active_days,
        min_by(day, ROW(day_minutes IS NULL, -coalesce(day_minutes, 0), day)) FILTER (WHERE in_period) AS busiest_day,
        max(day_minutes) FILTER (WHERE in_period) AS busiest_day_minutes,
        CASE WHEN NOT bool_or(unusable) FILTER (WHERE NOT in_period)
            THEN sum(minutes) FILTER (WHERE NOT in_period) END AS previous_minutes
    FROM days
    GROUP BY user_id
    HAVING count(*) FILTER (WHERE in_period) > 0
)

SELECT
    user_id,
    CASE WHEN latest[2] THEN latest[3] END AS email,
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
