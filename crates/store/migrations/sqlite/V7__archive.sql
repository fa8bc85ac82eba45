-- What is left of ended orders that were moved to an archive: enough to answer for them for ever, and to add up the books without them.

-- The files. A store that has any has a mark (`meta`, key `mark`), by which a file says whose it is.
CREATE TABLE archives (
    id           INTEGER PRIMARY KEY,
    file         TEXT    NOT NULL UNIQUE CHECK (file <> ''),
    orders       INTEGER NOT NULL CHECK (orders >= 0),
    -- When the last of its orders was opened.
    opened_until INTEGER NOT NULL,
    at           INTEGER NOT NULL
) STRICT;

-- One for each archived order: what its customer sees of it, and what the books need to know whose its transfers are.
CREATE TABLE stubs (
    id           INTEGER PRIMARY KEY CHECK (id > 0 AND id < 2147483648),
    customer     INTEGER NOT NULL REFERENCES customers (id),
    service      INTEGER NOT NULL,
    service_type TEXT    NOT NULL,
    -- As its customer sees it.
    word         TEXT    NOT NULL CHECK (word IN ('Completed', 'Partial', 'Canceled', 'Expired')),
    price        INTEGER NOT NULL CHECK (price >= 0),
    charge       INTEGER NOT NULL CHECK (charge >= 0 AND charge <= price),
    quantity     INTEGER NOT NULL CHECK (quantity > 0),
    remains      INTEGER NOT NULL CHECK (remains >= 0 AND remains <= quantity),
    start_count  INTEGER NOT NULL,
    refill       INTEGER NOT NULL CHECK (refill IN (0, 1)),
    -- Of a subscription: the posts that its panel has seen, and what exactly was ordered.
    posts        INTEGER CHECK (posts >= 0),
    spec         TEXT    CHECK (json_valid(spec)),
    -- Of its last placement; the currency is that of its costs.
    panel        TEXT,
    upstream_id  TEXT,
    currency     TEXT    NOT NULL,
    -- What it was to its family: one is archived whole.
    share        TEXT    CHECK (share IN ('post', 'equal_post', 'run')),
    parent       INTEGER REFERENCES stubs (id) CHECK (parent IS NULL OR share IS NOT NULL),
    moved        TEXT    CHECK (moved IN ('live', 'closed')),
    created      INTEGER NOT NULL,
    closed       INTEGER NOT NULL,
    archive      INTEGER NOT NULL REFERENCES archives (id),
    CHECK ((posts IS NULL) = (spec IS NULL)),
    CHECK (upstream_id IS NULL OR panel IS NOT NULL)
) STRICT;
-- A panel's id stays one order's.
CREATE UNIQUE INDEX stubs_by_upstream_id ON stubs (panel, upstream_id) WHERE upstream_id IS NOT NULL;
CREATE INDEX stubs_of_family ON stubs (parent, id) WHERE parent IS NOT NULL;
-- Those that may have spawned orders which are not known.
CREATE INDEX stubs_of_parents ON stubs (panel, closed) WHERE share IS NOT NULL AND parent IS NULL;

-- What the transfers of archived orders come to, by the UTC day of the transfer; '' is the panel of orders that were at none.
CREATE TABLE daily_sums (
    day      INTEGER NOT NULL,
    panel    TEXT    NOT NULL,
    service  INTEGER NOT NULL,
    customer INTEGER NOT NULL REFERENCES customers (id),
    currency TEXT    NOT NULL,
    orders   INTEGER NOT NULL CHECK (orders >= 0),
    taken    INTEGER NOT NULL CHECK (taken >= 0),
    refunded INTEGER NOT NULL CHECK (refunded >= 0),
    -- Less than nothing on a day on which a panel gave back more than it took.
    cost     INTEGER NOT NULL,
    PRIMARY KEY (day, panel, service, customer, currency)
) STRICT, WITHOUT ROWID;

-- Transfers and refills stay when their order goes, and `orders` is not searched for every placement that does. Only constraints change
-- that have no part in how rows are kept, so the text of the schema is all there is to change.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, ' REFERENCES orders (id)', '')
WHERE type = 'table' AND name IN ('transfers', 'refills');
UPDATE sqlite_schema SET sql = replace(sql, ' REFERENCES placements (id)', '')
WHERE type = 'table' AND name = 'orders';
PRAGMA writable_schema = RESET;

-- What those constraints refused, and more: nothing happens to an order that is archived.
CREATE TRIGGER transfers_belong_to_orders BEFORE INSERT ON transfers
WHEN new.order_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM orders WHERE id = new.order_id)
BEGIN SELECT RAISE (ABORT, 'there is no such order for a transfer'); END;
CREATE TRIGGER refills_belong_to_orders BEFORE INSERT ON refills
WHEN NOT EXISTS (SELECT 1 FROM orders WHERE id = new.order_id)
BEGIN SELECT RAISE (ABORT, 'there is no such order for a refill'); END;

-- Only what has a stub may go, and a stub is of an order that has ended so.
CREATE TRIGGER stubs_are_of_closed_orders BEFORE INSERT ON stubs
WHEN NOT EXISTS (SELECT 1 FROM orders WHERE id = new.id AND state = 'closed' AND customer = new.customer AND taken = new.charge)
BEGIN SELECT RAISE (ABORT, 'a stub is of a closed order'); END;
CREATE TRIGGER stubs_are_never_changed BEFORE UPDATE ON stubs
BEGIN SELECT RAISE (ABORT, 'stubs are never changed'); END;
CREATE TRIGGER stubs_are_never_deleted BEFORE DELETE ON stubs
BEGIN SELECT RAISE (ABORT, 'stubs are never deleted'); END;
DROP TRIGGER orders_are_never_deleted;
CREATE TRIGGER orders_leave_a_stub BEFORE DELETE ON orders
WHEN NOT EXISTS (SELECT 1 FROM stubs WHERE id = old.id)
BEGIN SELECT RAISE (ABORT, 'orders are never deleted before they are archived'); END;
DROP TRIGGER order_events_are_never_deleted;
CREATE TRIGGER order_events_go_with_their_order BEFORE DELETE ON order_events
WHEN NOT EXISTS (SELECT 1 FROM stubs WHERE id = old.order_id)
BEGIN SELECT RAISE (ABORT, 'order_events are append-only'); END;
