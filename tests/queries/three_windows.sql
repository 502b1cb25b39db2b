-- The usage query as it was before it aggregated by day first: three windows over every event. It is kept as what
-- mail/usage/query.sql is compared with, and is deployed nowhere.

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
