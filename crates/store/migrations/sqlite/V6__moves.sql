-- Orders that were opened at another panel and moved here with their customers.

-- How it was when it moved. A live one is held for here like any other; a closed one was paid for before, and what was taken of it is
-- in no transfer.
ALTER TABLE orders ADD COLUMN moved TEXT CHECK (moved = 'live' OR moved = 'closed' AND state = 'closed' AND closed_by = 'hand');

CREATE TRIGGER orders_move_once BEFORE UPDATE OF moved ON orders
WHEN new.moved IS NOT old.moved
BEGIN SELECT RAISE (ABORT, 'where an order comes from never changes'); END;
