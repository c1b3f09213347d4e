-- The tables of the course, for PostgreSQL 13 or newer:
--     psql -d DATABASE -f sql/create_tables.postgres.sql
-- The same tables as in create_tables.sql, which explains them. Existing tables stay as they are.

-- Stage 1 and 2: orders ---------------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS order_header (
    order_id   VARCHAR(64)    NOT NULL,
    user_id    VARCHAR(64)    NOT NULL,
    amount     DECIMAL(12, 2) NOT NULL,
    status     VARCHAR(64)    NOT NULL,
    order_time TIMESTAMP(3)   NOT NULL,
    load_time  TIMESTAMP(3),
    PRIMARY KEY (order_id)
);
CREATE INDEX IF NOT EXISTS order_header_user ON order_header (user_id, order_time);

CREATE TABLE IF NOT EXISTS order_line (
    order_id    VARCHAR(64)    NOT NULL,
    line_no     INT            NOT NULL,
    item_id     VARCHAR(64)    NOT NULL,
    name        VARCHAR(255),
    price       DECIMAL(12, 2) NOT NULL,
    quantity    INT            NOT NULL,
    line_amount DECIMAL(12, 2) NOT NULL,
    PRIMARY KEY (order_id, line_no)
);
CREATE INDEX IF NOT EXISTS order_line_item ON order_line (item_id);

-- Stage 3: statistics over windows [window_start, window_end) of order_time ------------------------------------------

CREATE TABLE IF NOT EXISTS order_statistics_minute (
    window_start TIMESTAMP(3)   NOT NULL,
    window_end   TIMESTAMP(3)   NOT NULL,
    order_count  BIGINT         NOT NULL,
    total_amount DECIMAL(18, 2) NOT NULL,
    PRIMARY KEY (window_start)
);

CREATE TABLE IF NOT EXISTS order_statistics_hour (
    window_start TIMESTAMP(3)   NOT NULL,
    window_end   TIMESTAMP(3)   NOT NULL,
    order_count  BIGINT         NOT NULL,
    total_amount DECIMAL(18, 2) NOT NULL,
    PRIMARY KEY (window_start)
);

CREATE TABLE IF NOT EXISTS order_statistics_user (
    user_id      VARCHAR(64)    NOT NULL,
    window_start TIMESTAMP(3)   NOT NULL,
    window_end   TIMESTAMP(3)   NOT NULL,
    order_count  BIGINT         NOT NULL,
    total_amount DECIMAL(18, 2) NOT NULL,
    PRIMARY KEY (user_id, window_start, window_end)
);

CREATE TABLE IF NOT EXISTS order_statistics_product (
    item_id      VARCHAR(64)    NOT NULL,
    window_start TIMESTAMP(3)   NOT NULL,
    window_end   TIMESTAMP(3)   NOT NULL,
    quantity     BIGINT         NOT NULL,
    sales        DECIMAL(18, 2) NOT NULL,
    PRIMARY KEY (item_id, window_start, window_end)
);

CREATE TABLE IF NOT EXISTS order_statistics_status (
    status       VARCHAR(64)    NOT NULL,
    window_start TIMESTAMP(3)   NOT NULL,
    window_end   TIMESTAMP(3)   NOT NULL,
    order_count  BIGINT         NOT NULL,
    total_amount DECIMAL(18, 2) NOT NULL,
    PRIMARY KEY (status, window_start, window_end)
);

CREATE TABLE IF NOT EXISTS order_statistics_status_change (
    from_status  VARCHAR(64)  NOT NULL,
    to_status    VARCHAR(64)  NOT NULL,
    window_start TIMESTAMP(3) NOT NULL,
    window_end   TIMESTAMP(3) NOT NULL,
    change_count BIGINT       NOT NULL,
    PRIMARY KEY (from_status, to_status, window_start, window_end)
);

-- Stage 4: what is odd about an order ---------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS order_anomalies (
    order_id     VARCHAR(64)    NOT NULL,
    anomaly_type VARCHAR(32)    NOT NULL,
    event_time   TIMESTAMP(3)   NOT NULL,
    user_id      VARCHAR(64)    NOT NULL,
    amount       DECIMAL(12, 2),
    detail       VARCHAR(1000)  NOT NULL,
    detect_time  TIMESTAMP(3),
    PRIMARY KEY (order_id, anomaly_type, event_time)
);
CREATE INDEX IF NOT EXISTS order_anomalies_user ON order_anomalies (user_id, event_time);
