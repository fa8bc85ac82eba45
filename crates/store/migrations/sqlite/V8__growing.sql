-- What is kept so that nothing has to be counted or searched for among millions of orders.

-- How many orders live, by panel and state; '' stands for none: any panel may take what is open.
CREATE TABLE live_orders (
    panel  TEXT    NOT NULL,
    state  TEXT    NOT NULL CHECK (state IN ('open', 'sending', 'unconfirmed', 'placed')),
    orders INTEGER NOT NULL CHECK (orders >= 0),
    PRIMARY KEY (panel, state)
) STRICT, WITHOUT ROWID;
INSERT INTO live_orders
SELECT iif(state = 'open', '', panel) AS at_panel, state, count(*) FROM orders WHERE state <> 'closed' GROUP BY at_panel, state;

CREATE TRIGGER live_orders_are_counted AFTER INSERT ON orders WHEN new.state <> 'closed'
BEGIN
    INSERT INTO live_orders (panel, state, orders) VALUES (iif(new.state = 'open', '', new.panel), new.state, 1)
    ON CONFLICT (panel, state) DO UPDATE SET orders = orders + 1;
END;
CREATE TRIGGER live_orders_are_counted_anew AFTER UPDATE OF state, panel ON orders
WHEN old.state <> new.state OR old.panel IS NOT new.panel
BEGIN
    UPDATE live_orders SET orders = orders - 1
    WHERE old.state <> 'closed' AND panel = iif(old.state = 'open', '', old.panel) AND state = old.state;
    INSERT INTO live_orders (panel, state, orders)
    SELECT iif(new.state = 'open', '', new.panel), new.state, 1 WHERE new.state <> 'closed'
    ON CONFLICT (panel, state) DO UPDATE SET orders = orders + 1;
END;

-- The first transfer of each day, UTC, as numbers go: clocks may jump, so a later one may be of an earlier day, but no transfer
-- of a day has a lower number.
CREATE TABLE transfer_days (
    day   INTEGER PRIMARY KEY,
    first INTEGER NOT NULL
) STRICT;
INSERT INTO transfer_days SELECT at / 86400000 AS day, min(id) FROM transfers GROUP BY day;

CREATE TRIGGER transfers_begin_days AFTER INSERT ON transfers
WHEN NOT EXISTS (SELECT 1 FROM transfer_days WHERE day = new.at / 86400000)
BEGIN INSERT INTO transfer_days (day, first) VALUES (new.at / 86400000, new.id); END;

-- Newest first, those of a customer or at a panel that live, or that have ended: one kind is not searched for among the other.
DROP INDEX orders_by_customer;
CREATE INDEX live_orders_of_customer ON orders (customer, id) WHERE ended IS NULL;
CREATE INDEX ended_orders_of_customer ON orders (customer, id) WHERE ended IS NOT NULL;
DROP INDEX orders_by_panel;
CREATE INDEX live_orders_at_panel ON orders (panel, id) WHERE ended IS NULL AND panel IS NOT NULL;
CREATE INDEX ended_orders_at_panel ON orders (panel, id) WHERE ended IS NOT NULL AND panel IS NOT NULL;
