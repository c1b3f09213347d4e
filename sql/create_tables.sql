-- The tables of the course, for MySQL 8 and MariaDB 10.5 or newer:
--     mysql -u USER -p DATABASE < sql/create_tables.sql
-- create_tables.postgres.sql and create_tables.sqlite.sql make the same ones. Existing tables stay as they are.
--
-- Keys let a job write a row again after a restart without doubling it (REPLACE, ON DUPLICATE KEY UPDATE).
-- utf8mb4_bin: two keys are equal when Flink's key_by says so, also in case and accents.
-- DATETIME, not TIMESTAMP: order times have no zone, and TIMESTAMP would move them to the session's.

-- Stage 1 and 2: orders ---------------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS order_header (
    order_id   VARCHAR(64)    NOT NULL,
    user_id    VARCHAR(64)    NOT NULL,
    amount     DECIMAL(12, 2) NOT NULL COMMENT 'what the customer pays',
    status     VARCHAR(64)    NOT NULL,
    order_time DATETIME(3)    NOT NULL COMMENT 'event time: when the order was placed',
    load_time  DATETIME(3)    NULL     COMMENT 'when the job that wrote the row was started',
    PRIMARY KEY (order_id),
    KEY order_header_user (user_id, order_time)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'one row an order';

CREATE TABLE IF NOT EXISTS order_line (
    order_id    VARCHAR(64)    NOT NULL,
    line_no     INT            NOT NULL COMMENT 'from 1, in the order of the message',
    item_id     VARCHAR(64)    NOT NULL,
    name        VARCHAR(255)   NULL,
    price       DECIMAL(12, 2) NOT NULL COMMENT 'of one piece',
    quantity    INT            NOT NULL,
    line_amount DECIMAL(12, 2) NOT NULL COMMENT 'price * quantity',
    PRIMARY KEY (order_id, line_no),
    KEY order_line_item (item_id)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'one row an item of an order';

-- Stage 3: statistics over windows [window_start, window_end) of order_time ------------------------------------------

CREATE TABLE IF NOT EXISTS order_statistics_minute (
    window_start DATETIME(3)    NOT NULL,
    window_end   DATETIME(3)    NOT NULL,
    order_count  BIGINT         NOT NULL,
    total_amount DECIMAL(18, 2) NOT NULL,
    PRIMARY KEY (window_start)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'orders of each minute';

CREATE TABLE IF NOT EXISTS order_statistics_hour (
    window_start DATETIME(3)    NOT NULL,
    window_end   DATETIME(3)    NOT NULL,
    order_count  BIGINT         NOT NULL,
    total_amount DECIMAL(18, 2) NOT NULL,
    PRIMARY KEY (window_start)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'orders of each hour';

CREATE TABLE IF NOT EXISTS order_statistics_user (
    user_id      VARCHAR(64)    NOT NULL,
    window_start DATETIME(3)    NOT NULL,
    window_end   DATETIME(3)    NOT NULL COMMENT 'in the key: sliding and session windows may start together',
    order_count  BIGINT         NOT NULL,
    total_amount DECIMAL(18, 2) NOT NULL,
    PRIMARY KEY (user_id, window_start, window_end)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'orders of each user and window';

CREATE TABLE IF NOT EXISTS order_statistics_product (
    item_id      VARCHAR(64)    NOT NULL,
    window_start DATETIME(3)    NOT NULL,
    window_end   DATETIME(3)    NOT NULL,
    quantity     BIGINT         NOT NULL COMMENT 'pieces sold',
    sales        DECIMAL(18, 2) NOT NULL COMMENT 'sum of line_amount',
    PRIMARY KEY (item_id, window_start, window_end)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'sales of each product and window';

CREATE TABLE IF NOT EXISTS order_statistics_status (
    status       VARCHAR(64)    NOT NULL,
    window_start DATETIME(3)    NOT NULL,
    window_end   DATETIME(3)    NOT NULL,
    order_count  BIGINT         NOT NULL,
    total_amount DECIMAL(18, 2) NOT NULL,
    PRIMARY KEY (status, window_start, window_end)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'orders of each status and window';

CREATE TABLE IF NOT EXISTS order_statistics_status_change (
    from_status  VARCHAR(64)  NOT NULL,
    to_status    VARCHAR(64)  NOT NULL,
    window_start DATETIME(3)  NOT NULL,
    window_end   DATETIME(3)  NOT NULL,
    change_count BIGINT       NOT NULL,
    PRIMARY KEY (from_status, to_status, window_start, window_end)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'how many orders went from one status to another';

-- Stage 4: what is odd about an order ---------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS order_anomalies (
    order_id     VARCHAR(64)    NOT NULL,
    anomaly_type VARCHAR(32)    NOT NULL COMMENT 'large_order, frequent_orders, order_run, payment_timeout, illegal_transition',
    event_time   DATETIME(3)    NOT NULL COMMENT 'of the event, or the timer, that showed it',
    user_id      VARCHAR(64)    NOT NULL,
    amount       DECIMAL(12, 2) NULL,
    detail       VARCHAR(1000)  NOT NULL COMMENT 'for people',
    detect_time  DATETIME(3)    NULL     COMMENT 'when the job noticed',
    PRIMARY KEY (order_id, anomaly_type, event_time),
    KEY order_anomalies_user (user_id, event_time)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'orders that somebody should look at';
