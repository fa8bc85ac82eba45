-- Money is an integer count of 10^-6; times are milliseconds since 1970-01-01 UTC; words are those of the domain.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Sets of price rules, by the SHA-256 of their text. An order keeps the number of those that priced it.
CREATE TABLE revisions (
    id    INTEGER PRIMARY KEY,
    rules BLOB    NOT NULL UNIQUE CHECK (length(rules) = 32),
    at    INTEGER NOT NULL
) STRICT;

-- Customers and their keys ---------------------------------------------------------------------------------------------

CREATE TABLE customers (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT    NOT NULL UNIQUE CHECK (name <> ''),
    price_group  TEXT,
    credit_limit INTEGER NOT NULL CHECK (credit_limit >= 0),
    disabled     INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    created      INTEGER NOT NULL
) STRICT;

-- The key itself is nowhere: it is found by its hash.
CREATE TABLE keys (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    customer INTEGER NOT NULL REFERENCES customers (id),
    prefix   TEXT    NOT NULL UNIQUE CHECK (prefix <> ''),
    hash     BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    label    TEXT,
    created  INTEGER NOT NULL,
    revoked  INTEGER
) STRICT;
CREATE INDEX keys_of_customer ON keys (customer, id);

-- The catalogue --------------------------------------------------------------------------------------------------------

-- A panel's list as of its last sync; `entries` and `unreadable` are JSON arrays.
CREATE TABLE offer_lists (
    panel      TEXT    PRIMARY KEY,
    currency   TEXT    NOT NULL,
    entries    TEXT    NOT NULL CHECK (json_valid(entries)),
    unreadable TEXT    NOT NULL CHECK (json_valid(unreadable)),
    at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every id that was ever a service's. Those of imports name where they come from; those made by hand do not.
CREATE TABLE service_ids (
    id    INTEGER PRIMARY KEY CHECK (id > 0 AND id < 2147483648),
    panel TEXT,
    offer TEXT,
    CHECK ((panel IS NULL) = (offer IS NULL))
) STRICT;
CREATE UNIQUE INDEX service_ids_of_imports ON service_ids (panel, offer) WHERE panel IS NOT NULL;

-- Panels that get no new orders; '' stands for all of them.
CREATE TABLE pauses (
    panel TEXT    PRIMARY KEY,
    at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Where each panel's orders are: another host under the same name would be asked about orders it never had.
CREATE TABLE panel_hosts (
    panel TEXT    PRIMARY KEY,
    host  TEXT    NOT NULL,
    at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Orders ---------------------------------------------------------------------------------------------------------------

CREATE TABLE orders (
    id               INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0 AND id < 2147483648),
    version          INTEGER NOT NULL DEFAULT 1,
    customer         INTEGER NOT NULL REFERENCES customers (id),
    service          INTEGER NOT NULL,
    service_type     TEXT    NOT NULL,
    state            TEXT    NOT NULL CHECK (state IN ('open', 'sending', 'unconfirmed', 'placed', 'closed')),
    price            INTEGER NOT NULL CHECK (price >= 0),
    rate             TEXT    NOT NULL,
    per_run          INTEGER NOT NULL CHECK (per_run > 0),
    runs             INTEGER NOT NULL CHECK (runs > 0),
    revision         INTEGER NOT NULL,
    spec             TEXT    NOT NULL CHECK (json_valid(spec)),
    refill           INTEGER NOT NULL CHECK (refill IN (0, 1)),
    cancel           INTEGER NOT NULL CHECK (cancel IN (0, 1)),
    cancel_wish      TEXT    NOT NULL DEFAULT 'none' CHECK (cancel_wish IN ('none', 'asked', 'sent')),
    -- Of its last placement.
    placement        INTEGER REFERENCES placements (id),
    panel            TEXT,
    upstream_id      TEXT,
    -- The last known upstream state.
    fact_word        TEXT,
    fact_charge      INTEGER,
    fact_start_count INTEGER,
    fact_remains     INTEGER,
    fact_runs        INTEGER,
    fact_at          INTEGER,
    flag             TEXT,
    created          INTEGER NOT NULL,
    -- How it ended.
    ended            TEXT    CHECK (ended IN ('Completed', 'Partial', 'Canceled')),
    closed_by        TEXT    CHECK (closed_by IN ('fact', 'refusal', 'unsent', 'not_placed', 'hand')),
    taken            INTEGER CHECK (taken >= 0 AND taken <= price),
    closed           INTEGER,
    CHECK ((state = 'closed') = (ended IS NOT NULL)),
    CHECK ((state = 'closed') = (closed_by IS NOT NULL)),
    CHECK ((state = 'closed') = (taken IS NOT NULL)),
    CHECK ((state = 'closed') = (closed IS NOT NULL)),
    CHECK ((placement IS NULL) = (panel IS NULL)),
    CHECK (state IN ('open', 'closed') OR placement IS NOT NULL),
    CHECK (state NOT IN ('open', 'sending', 'unconfirmed') OR upstream_id IS NULL),
    CHECK (state <> 'placed' OR upstream_id IS NOT NULL),
    CHECK ((fact_word IS NULL) = (fact_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX orders_by_upstream_id ON orders (panel, upstream_id) WHERE upstream_id IS NOT NULL;
CREATE INDEX orders_by_state ON orders (state, id);
CREATE INDEX orders_by_customer ON orders (customer, id);
CREATE INDEX orders_by_panel ON orders (panel, id);
CREATE INDEX orders_by_time ON orders (created);
CREATE INDEX orders_flagged ON orders (id) WHERE flag IS NOT NULL;

CREATE TABLE placements (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    panel    TEXT    NOT NULL CHECK (panel <> ''),
    offer    TEXT    NOT NULL,
    -- What it should cost, in the panel's currency.
    cost     INTEGER NOT NULL CHECK (cost >= 0),
    currency TEXT    NOT NULL,
    began    INTEGER NOT NULL,
    outcome  TEXT,
    raw      TEXT
) STRICT;
CREATE INDEX placements_of_order ON placements (order_id, id);

CREATE TABLE order_events (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    at       INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    text     TEXT    NOT NULL
) STRICT;
CREATE INDEX order_events_of_order ON order_events (order_id, id);

-- Customers' own names for orders, kept for 24 h.
CREATE TABLE idempotency_keys (
    customer INTEGER NOT NULL REFERENCES customers (id),
    key      TEXT    NOT NULL,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    at       INTEGER NOT NULL,
    PRIMARY KEY (customer, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_time ON idempotency_keys (at);

CREATE TABLE refills (
    id          INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0 AND id < 2147483648),
    order_id    INTEGER NOT NULL REFERENCES orders (id),
    panel       TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('asked', 'known', 'refused', 'unknown')),
    upstream_id TEXT,
    word        TEXT    NOT NULL,
    asked       INTEGER NOT NULL,
    learned     INTEGER NOT NULL,
    CHECK ((state = 'known') = (upstream_id IS NOT NULL))
) STRICT;
CREATE INDEX refills_of_order ON refills (order_id, id);

-- The books ------------------------------------------------------------------------------------------------------------

CREATE TABLE accounts (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    kind     TEXT    NOT NULL CHECK (kind IN ('available', 'held', 'sales', 'outside', 'prepaid', 'cost')),
    customer INTEGER REFERENCES customers (id),
    panel    TEXT,
    currency TEXT    NOT NULL CHECK (currency <> ''),
    balance  INTEGER NOT NULL DEFAULT 0,
    CHECK ((kind IN ('available', 'held')) = (customer IS NOT NULL)),
    CHECK ((kind IN ('prepaid', 'cost')) = (panel IS NOT NULL)),
    CHECK (kind <> 'held' OR balance >= 0)
) STRICT;
CREATE UNIQUE INDEX accounts_of_customers ON accounts (customer, kind) WHERE customer IS NOT NULL;
CREATE UNIQUE INDEX accounts_of_panels ON accounts (panel, currency, kind) WHERE panel IS NOT NULL;
CREATE UNIQUE INDEX accounts_of_ours ON accounts (kind, currency) WHERE customer IS NULL AND panel IS NULL;

CREATE TABLE transfers (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    kind      TEXT    NOT NULL CHECK (kind IN ('top_up', 'adjustment', 'hold', 'take', 'release', 'refund',
                                               'deposit', 'charge', 'credit')),
    amount    INTEGER NOT NULL CHECK (amount > 0),
    currency  TEXT    NOT NULL,
    reference TEXT    NOT NULL CHECK (reference <> ''),
    order_id  INTEGER REFERENCES orders (id),
    actor     TEXT,
    note      TEXT,
    at        INTEGER NOT NULL,
    CHECK ((order_id IS NULL) = (kind IN ('top_up', 'adjustment', 'deposit')))
) STRICT;
-- Two name spaces, so that no operator's reference can stand in the way of an order's money.
CREATE UNIQUE INDEX references_of_bookings ON transfers (reference) WHERE order_id IS NULL;
CREATE UNIQUE INDEX references_of_orders ON transfers (reference) WHERE order_id IS NOT NULL;
CREATE INDEX transfers_of_order ON transfers (order_id, id) WHERE order_id IS NOT NULL;

CREATE TABLE entries (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    transfer      INTEGER NOT NULL REFERENCES transfers (id),
    account       INTEGER NOT NULL REFERENCES accounts (id),
    amount        INTEGER NOT NULL CHECK (amount <> 0),
    balance_after INTEGER NOT NULL,
    -- Of the customer at this commit; on `available` only.
    credit_limit  INTEGER
) STRICT;
CREATE UNIQUE INDEX entries_of_transfer ON entries (transfer, account);
CREATE INDEX entries_of_account ON entries (account, id);

-- What is written stays written ----------------------------------------------------------------------------------------

CREATE TRIGGER transfers_are_never_changed BEFORE UPDATE ON transfers
BEGIN SELECT RAISE (ABORT, 'transfers are append-only'); END;
CREATE TRIGGER transfers_are_never_deleted BEFORE DELETE ON transfers
BEGIN SELECT RAISE (ABORT, 'transfers are append-only'); END;
CREATE TRIGGER entries_are_never_changed BEFORE UPDATE ON entries
BEGIN SELECT RAISE (ABORT, 'entries are append-only'); END;
CREATE TRIGGER entries_are_never_deleted BEFORE DELETE ON entries
BEGIN SELECT RAISE (ABORT, 'entries are append-only'); END;
CREATE TRIGGER order_events_are_never_changed BEFORE UPDATE ON order_events
BEGIN SELECT RAISE (ABORT, 'order_events are append-only'); END;
CREATE TRIGGER order_events_are_never_deleted BEFORE DELETE ON order_events
BEGIN SELECT RAISE (ABORT, 'order_events are append-only'); END;
CREATE TRIGGER orders_are_never_deleted BEFORE DELETE ON orders
BEGIN SELECT RAISE (ABORT, 'orders are never deleted'); END;
CREATE TRIGGER prices_never_change BEFORE UPDATE OF price, customer, spec ON orders
WHEN new.price <> old.price OR new.customer <> old.customer OR new.spec <> old.spec
BEGIN SELECT RAISE (ABORT, 'what was bought, by whom and for how much never changes'); END;
CREATE TRIGGER closed_orders_stay_closed BEFORE UPDATE OF state, ended, closed_by ON orders
WHEN old.state = 'closed' AND (new.state <> 'closed' OR new.ended <> old.ended OR new.closed_by <> old.closed_by)
BEGIN SELECT RAISE (ABORT, 'a closed order stays closed'); END;
