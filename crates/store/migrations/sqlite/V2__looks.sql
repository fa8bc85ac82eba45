-- What looks at orders leave behind: doubts, how long orders take, how panels speak, and ends that change later.

-- The fact's final word is not believed before this time; nothing is left to doubt once the order is closed.
ALTER TABLE orders ADD COLUMN doubt INTEGER CHECK (doubt IS NULL OR state = 'placed');

-- Until now the final word of a placed order was its doubt, from the moment it came, unless no formula decides it.
UPDATE orders SET doubt = fact_at
WHERE state = 'placed' AND (
    fact_word IN ('Completed', 'Canceled')
    OR (fact_word = 'Partial' AND (fact_remains IS NOT NULL OR fact_runs IS NOT NULL)));

-- Orders whose panel may still change its mind.
CREATE INDEX orders_recently_ended ON orders (closed, id) WHERE closed_by = 'fact';

-- How many orders of a service were delivered at which age; the buckets are those of the domain's `Completions`.
CREATE TABLE completions (
    service INTEGER NOT NULL,
    bucket  INTEGER NOT NULL CHECK (bucket >= 0),
    orders  INTEGER NOT NULL CHECK (orders > 0),
    PRIMARY KEY (service, bucket)
) STRICT, WITHOUT ROWID;

-- What was learned of how a panel speaks.
CREATE TABLE panel_traits (
    panel TEXT    NOT NULL,
    trait TEXT    NOT NULL,
    at    INTEGER NOT NULL,
    PRIMARY KEY (panel, trait)
) STRICT, WITHOUT ROWID;

-- A panel may change an end that it told, but only in the customer's favour.
DROP TRIGGER closed_orders_stay_closed;
CREATE TRIGGER closed_orders_stay_closed BEFORE UPDATE OF state, ended, closed_by ON orders
WHEN old.state = 'closed' AND (
    new.state <> 'closed' OR new.closed_by <> old.closed_by
    OR (new.ended <> old.ended AND NOT (
        old.closed_by = 'fact'
        AND (old.ended = 'Completed' OR (old.ended = 'Partial' AND new.ended = 'Canceled')))))
BEGIN SELECT RAISE (ABORT, 'a closed order stays closed, and its end never changes against its customer'); END;
