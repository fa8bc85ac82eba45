-- Orders that spawn others: a subscription one for each post, a drip-feed one for each run.

-- What the children of an order are to its money, or what a child is to that of its parent.
ALTER TABLE orders ADD COLUMN share TEXT CHECK (share IN ('post', 'equal_post', 'run'));
-- Only a parent has a hold; what a child takes is taken from it.
ALTER TABLE orders ADD COLUMN parent INTEGER REFERENCES orders (id) CHECK (parent IS NULL OR share IS NOT NULL);
-- Whether a child's quantity is known; until then it is the largest that it can have, and so is its price.
ALTER TABLE orders ADD COLUMN sized INTEGER CHECK (sized IN (0, 1) AND parent IS NOT NULL OR sized IS NULL AND parent IS NULL);
CREATE INDEX children_of_order ON orders (parent, id) WHERE parent IS NOT NULL;

-- The rate of the offer when the order was sent.
ALTER TABLE placements ADD COLUMN rate TEXT;

UPDATE orders SET share = 'run' WHERE runs > 1;

-- A child's price and quantity become known once, and never grow by it.
DROP TRIGGER prices_never_change;
CREATE TRIGGER prices_never_change BEFORE UPDATE OF price, customer, spec, per_run, runs, parent, sized ON orders
WHEN new.customer <> old.customer OR new.spec <> old.spec OR new.runs <> old.runs OR new.parent IS NOT old.parent
    OR (old.sized IS 1 AND new.sized IS NOT 1)
    OR ((new.price <> old.price OR new.per_run <> old.per_run) AND NOT (
        old.sized IS 0 AND new.sized IS 1 AND new.price <= old.price AND new.per_run <= old.per_run))
BEGIN SELECT RAISE (ABORT, 'what was bought, by whom and for how much never changes'); END;

-- How its panel charges is settled when an order is sent: by it its children take their part.
CREATE TRIGGER shares_are_settled_at_placement BEFORE UPDATE OF share ON orders
WHEN new.share IS NOT old.share AND old.state <> 'open'
BEGIN SELECT RAISE (ABORT, 'what an order is to its family is settled when it is sent'); END;

-- Orders whose customers did not hear that they have them, as the last process knew when it stopped by itself; and that it did
-- (`meta`, key `stopped`).
CREATE TABLE unheard (
    order_id INTEGER PRIMARY KEY REFERENCES orders (id),
    lost     INTEGER NOT NULL
) STRICT;
