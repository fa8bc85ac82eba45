-- What was approved of the panels' offers, what became of them since, and lists that are not believed.

-- An offer as somebody last approved it; the first sight approves itself. `basis` is the cost that its price is made from.
CREATE TABLE baselines (
    panel     TEXT    NOT NULL,
    offer     TEXT    NOT NULL,
    rate      TEXT    NOT NULL,
    currency  TEXT    NOT NULL,
    basis     TEXT    NOT NULL,
    type_word TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    category  TEXT    NOT NULL,
    min       INTEGER NOT NULL CHECK (min >= 0),
    max       INTEGER NOT NULL CHECK (max >= 0),
    refill    INTEGER NOT NULL CHECK (refill IN (0, 1)),
    cancel    INTEGER NOT NULL CHECK (cancel IN (0, 1)),
    at        INTEGER NOT NULL,
    -- Since when an operator knows that the panel lists it no more.
    gone      INTEGER,
    PRIMARY KEY (panel, offer)
) STRICT, WITHOUT ROWID;

-- Until now every list was believed as it came. A quantity beyond 2^63 is cut there, as it is in what follows.
INSERT INTO baselines
SELECT lists.panel, entry.value ->> 'id', entry.value ->> 'rate', lists.currency, entry.value ->> 'rate',
       entry.value ->> 'type_word', entry.value ->> 'name', entry.value ->> 'category',
       CAST(entry.value ->> 'min' AS INTEGER), CAST(entry.value ->> 'max' AS INTEGER),
       entry.value ->> 'refill', entry.value ->> 'cancel', lists.at, NULL
FROM offer_lists AS lists, json_each(lists.entries) AS entry
WHERE true
ON CONFLICT DO NOTHING;

-- What happened to every offer, appended only. An approval says who gave it.
CREATE TABLE offer_history (
    id       INTEGER PRIMARY KEY,
    panel    TEXT    NOT NULL,
    offer    TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    rate     TEXT    NOT NULL,
    currency TEXT    NOT NULL,
    text     TEXT    NOT NULL,
    actor    TEXT,
    at       INTEGER NOT NULL
) STRICT;
CREATE INDEX history_of_offer ON offer_history (panel, offer, id);

-- The last list of a panel that was not believed, until it is approved or a better one comes.
CREATE TABLE suspect_lists (
    panel      TEXT    PRIMARY KEY,
    currency   TEXT    NOT NULL,
    entries    TEXT    NOT NULL CHECK (json_valid(entries)),
    unreadable TEXT    NOT NULL CHECK (json_valid(unreadable)),
    reason     TEXT    NOT NULL,
    at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
