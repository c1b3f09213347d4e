-- The tables of the course, for SQLite 3.24 or newer:
--     sqlite3 FILE < sql/create_tables.sqlite.sql
-- The same tables as in create_tables.sql, which explains them. Existing tables stay as they are.
--
-- SQLite keeps amounts as numbers (exact to 15 digits) and times as text, 'YYYY-MM-DD HH:MM:SS.SSS'.

-- Stage 1 and 2: orders ---------------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS order_header (
    order_id   TEXT           NOT NULL,
    user_id    TEXT           NOT NULL,
    amount     DECIMAL(12, 2) NOT NULL,
    status     TEXT           NOT NULL,
    order_time TIMESTAMP      NOT NULL,
    load_time  TIMESTAMP,
    PRIMARY KEY (order_id)
);
CREATE INDEX IF NOT EXISTS order_header_user ON order_header (user_id, order_time);

CREATE TABLE IF NOT EXISTS order_line (
    order_id    TEXT           NOT NULL,
    line_no     INTEGER        NOT NULL,
    item_id     TEXT           NOT NULL,
    name        TEXT,
    price       DECIMAL(12, 2) NOT NULL,
    quantity    INTEGER        NOT NULL,
    line_amount DECIMAL(12, 2) NOT NULL,
    PRIMARY KEY (order_id, line_no)
);
CREATE INDEX IF NOT EXISTS order_line_item ON order_line (item_id);

-- Stage 3: statistics over windows [window_start, window_end) of order_time ------------------------------------------

CREATE TABLE IF NOT EXISTS order_statistics_minute (
    window_start TIMESTAMP      NOT NULL,
    window_end   TIMESTAMP      NOT NULL,
    order_count  INTEGER        NOT NULL,
    total_amount DECIMAL(18, 2) NOT NULL,
    PRIMARY KEY (window_start)
);

CREATE TABLE IF NOT EXISTS order_statistics_hour (
    window_start TIMESTAMP      NOT NULL,
    window_end   TIMESTAMP      NOT NULL,
    order_count  INTEGER        NOT NULL,
    total_amount DECIMAL(18, 2) NOT NULL,
    PRIMARY KEY (window_start)
);

CREATE TABLE IF NOT EXISTS order_statistics_user (
    user_id      TEXT           NOT NULL,
    window_start TIMESTAMP      NOT NULL,
    window_end   TIMESTAMP      NOT NULL,
    order_count  INTEGER        NOT NULL,
    total_amount DECIMAL(18, 2) NOT NULL,
    PRIMARY KEY (user_id, window_start, window_end)
);

CREATE TABLE IF NOT EXISTS order_statistics_product (
    item_id      TEXT           NOT NULL,
    window_start TIMESTAMP      NOT NULL,
    window_end   TIMESTAMP      NOT NULL,
    quantity     INTEGER        NOT NULL,
    sales        DECIMAL(18, 2) NOT NULL,
    PRIMARY KEY (item_id, window_start, window_end)
);

CREATE TABLE IF NOT EXISTS order_statistics_status (
    status       TEXT           NOT NULL,
    window_start TIMESTAMP      NOT NULL,
    window_end   TIMESTAMP      NOT NULL,
    order_count  INTEGER        NOT NULL,
    total_amount DECIMAL(18, 2) NOT NULL,
    PRIMARY KEY (status, window_start, window_end)
);

CREATE TABLE IF NOT EXISTS order_statistics_status_change (
    from_status  TEXT         NOT NULL,
    to_status    TEXT         NOT NULL,
    window_start TIMESTAMP    NOT NULL,
    window_end   TIMESTAMP    NOT NULL,
    change_count INTEGER      NOT NULL,
    PRIMARY KEY (from_status, to_status, window_start, window_end)
);

-- Stage 4: what is odd about an order ---------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS order_anomalies (
    order_id     TEXT           NOT NULL,
    anomaly_type TEXT           NOT NULL,
    event_time   TIMESTAMP      NOT NULL,
    user_id      TEXT           NOT NULL,
    amount       DECIMAL(12, 2),
    detail       TEXT           NOT NULL,
    detect_time  TIMESTAMP,
    PRIMARY KEY (order_id, anomaly_type, event_time)
);
CREATE INDEX IF NOT EXISTS order_anomalies_user ON order_anomalies (user_id, event_time);
