-- Orders whose panel never said whether it has them: what speaks for it. And how panels' balances differ from the books.

-- What was found out, once each. `upstream_id` is '' where no id of the panel goes with it.
CREATE TABLE evidence (
    order_id    INTEGER NOT NULL REFERENCES orders (id),
    clue        TEXT    NOT NULL CHECK (clue IN ('probed', 'active_link', 'orphan')),
    upstream_id TEXT    NOT NULL,
    text        TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (order_id, clue, upstream_id)
) STRICT, WITHOUT ROWID;

-- What a panel's balance is beyond its books, and from when to when it was seen to be that. Looked at only while no order was
-- on its way there.
CREATE TABLE panel_drifts (
    id       INTEGER PRIMARY KEY,
    panel    TEXT    NOT NULL,
    currency TEXT    NOT NULL,
    drift    INTEGER NOT NULL,
    since    INTEGER NOT NULL,
    until    INTEGER NOT NULL CHECK (until >= since)
) STRICT;
CREATE INDEX drifts_of_panel ON panel_drifts (panel, currency, id);

-- What was chosen for a customer beyond the defaults: a JSON object of the domain's.
ALTER TABLE customers ADD COLUMN options TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(options));

-- What an `add` under a customer's own name was answered instead of its order: a repeat hears the same.
ALTER TABLE idempotency_keys ADD COLUMN refusal TEXT;
CREATE INDEX idempotency_keys_of_order ON idempotency_keys (order_id);

-- What is guarded by a customer's link guard.
CREATE INDEX live_orders_by_link ON orders (customer, spec ->> '$.fields.link') WHERE ended IS NULL;

-- What was sent and never answered, or not in time.
CREATE INDEX doubtful_placements ON placements (panel, began)
    WHERE outcome IN ('unknown', 'interrupted', 'restored', 'resolved_not_placed');
CREATE INDEX orphans ON evidence (upstream_id) WHERE clue = 'orphan';

-- Orders that spawn others, of which a panel may show some that are not known yet.
CREATE INDEX parents_of_panel ON orders (panel, closed) WHERE share IS NOT NULL AND parent IS NULL;
