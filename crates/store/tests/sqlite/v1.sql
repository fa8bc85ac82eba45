-- A store as a program of schema 1 left it, while it served: an order in every state and end, some on the operator's list.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE refinery_schema_history(
             version int4 PRIMARY KEY,
             name VARCHAR(255),
             applied_on VARCHAR(255),
             checksum VARCHAR(255));
INSERT INTO refinery_schema_history VALUES(1,'first','2026-11-24T20:10:12.307934987Z','10151322546358271683');
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES('currency','USD');
CREATE TABLE revisions (
    id    INTEGER PRIMARY KEY,
    rules BLOB    NOT NULL UNIQUE CHECK (length(rules) = 32),
    at    INTEGER NOT NULL
) STRICT;
INSERT INTO revisions VALUES(1,X'0909090909090909090909090909090909090909090909090909090909090909',1800000000000);
CREATE TABLE customers (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT    NOT NULL UNIQUE CHECK (name <> ''),
    price_group  TEXT,
    credit_limit INTEGER NOT NULL CHECK (credit_limit >= 0),
    disabled     INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    created      INTEGER NOT NULL
) STRICT;
INSERT INTO customers VALUES(1,'ann',NULL,0,0,1800000000000);
INSERT INTO customers VALUES(2,'bob','gold',50000000,0,1800000000000);
CREATE TABLE keys (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    customer INTEGER NOT NULL REFERENCES customers (id),
    prefix   TEXT    NOT NULL UNIQUE CHECK (prefix <> ''),
    hash     BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    label    TEXT,
    created  INTEGER NOT NULL,
    revoked  INTEGER
) STRICT;
INSERT INTO keys VALUES(1,1,'pgk_aaaa',X'0707070707070707070707070707070707070707070707070707070707070707','shop',1800000000000,NULL);
CREATE TABLE offer_lists (
    panel      TEXT    PRIMARY KEY,
    currency   TEXT    NOT NULL,
    entries    TEXT    NOT NULL CHECK (json_valid(entries)),
    unreadable TEXT    NOT NULL CHECK (json_valid(unreadable)),
    at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE service_ids (
    id    INTEGER PRIMARY KEY CHECK (id > 0 AND id < 2147483648),
    panel TEXT,
    offer TEXT,
    CHECK ((panel IS NULL) = (offer IS NULL))
) STRICT;
CREATE TABLE pauses (
    panel TEXT    PRIMARY KEY,
    at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO pauses VALUES('beta',1800000000000);
CREATE TABLE panel_hosts (
    panel TEXT    PRIMARY KEY,
    host  TEXT    NOT NULL,
    at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO panel_hosts VALUES('alpha','alpha.example',1800000000000);
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
INSERT INTO orders VALUES(1,1,1,7,'Default','open',10000000,'0.00011999999999999999',100,1,3,'{"quantity":{"per_run":100,"runs":1},"drip":false,"fields":{"link":"https://example.com/p/1","quantity":"100"}}',1,0,'none',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1800000001000,NULL,NULL,NULL,NULL);
INSERT INTO orders VALUES(2,2,1,7,'Default','sending',10000000,'0.00011999999999999999',100,1,3,'{"quantity":{"per_run":100,"runs":1},"drip":false,"fields":{"link":"https://example.com/p/1","quantity":"100"}}',1,0,'none',1,'alpha',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1800000001000,NULL,NULL,NULL,NULL);
INSERT INTO orders VALUES(3,3,1,7,'Default','unconfirmed',10000000,'0.00011999999999999999',100,1,3,'{"quantity":{"per_run":100,"runs":1},"drip":false,"fields":{"link":"https://example.com/p/1","quantity":"100"}}',1,0,'none',2,'alpha',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1800000001000,NULL,NULL,NULL,NULL);
INSERT INTO orders VALUES(4,5,1,7,'Default','placed',10000000,'0.00011999999999999999',100,1,3,'{"quantity":{"per_run":100,"runs":1},"drip":false,"fields":{"link":"https://example.com/p/1","quantity":"100"}}',1,0,'asked',3,'alpha','u4','In progress',5500000,40,60,NULL,1800000020000,NULL,1800000001000,NULL,NULL,NULL,NULL);
INSERT INTO orders VALUES(5,4,1,7,'Default','placed',10000000,'0.00011999999999999999',100,1,3,'{"quantity":{"per_run":100,"runs":1},"drip":false,"fields":{"link":"https://example.com/p/1","quantity":"100"}}',1,0,'none',4,'alpha','u5','Partial',NULL,NULL,101,NULL,1800000021000,'the panel says that more remains than was ordered',1800000001000,NULL,NULL,NULL,NULL);
INSERT INTO orders VALUES(6,4,1,7,'Default','closed',10000000,'0.00011999999999999999',100,1,3,'{"quantity":{"per_run":100,"runs":1},"drip":false,"fields":{"link":"https://example.com/p/1","quantity":"100"}}',1,0,'none',5,'alpha','u6','Completed',NULL,NULL,0,NULL,1800000030000,NULL,1800000001000,'Completed','fact',10000000,1800000030000);
INSERT INTO orders VALUES(7,5,1,7,'Default','closed',10000000,'0.00011999999999999999',100,1,3,'{"quantity":{"per_run":100,"runs":1},"drip":false,"fields":{"link":"https://example.com/p/1","quantity":"100"}}',1,0,'none',6,'alpha','u7','Partial',NULL,NULL,50,NULL,1800000031000,NULL,1800000001000,'Partial','fact',3000000,1800000031000);
INSERT INTO orders VALUES(8,4,1,7,'Default','closed',10000000,'0.00011999999999999999',100,1,3,'{"quantity":{"per_run":100,"runs":1},"drip":false,"fields":{"link":"https://example.com/p/1","quantity":"100"}}',1,0,'none',7,'alpha','u8','Canceled',NULL,NULL,NULL,NULL,1800000032000,NULL,1800000001000,'Canceled','fact',0,1800000032000);
INSERT INTO orders VALUES(9,3,1,7,'Default','closed',10000000,'0.00011999999999999999',100,1,3,'{"quantity":{"per_run":100,"runs":1},"drip":false,"fields":{"link":"https://example.com/p/1","quantity":"100"}}',1,0,'none',8,'alpha',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1800000001000,'Canceled','refusal',0,1800000003000);
INSERT INTO orders VALUES(10,2,1,7,'Default','closed',10000000,'0.00011999999999999999',100,1,3,'{"quantity":{"per_run":100,"runs":1},"drip":false,"fields":{"link":"https://example.com/p/1","quantity":"100"}}',1,0,'none',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1800000001000,'Canceled','unsent',0,1800000500000);
INSERT INTO orders VALUES(11,5,1,7,'Default','closed',10000000,'0.00011999999999999999',100,1,3,'{"quantity":{"per_run":100,"runs":1},"drip":false,"fields":{"link":"https://example.com/p/1","quantity":"100"}}',1,0,'none',9,'alpha',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'the panel accepted it after it was decided that it was not placed: it may have an order of nobody''s',1800000001000,'Canceled','not_placed',0,1800000500000);
INSERT INTO orders VALUES(12,4,1,7,'Default','closed',10000000,'0.00011999999999999999',100,1,3,'{"quantity":{"per_run":100,"runs":1},"drip":false,"fields":{"link":"https://example.com/p/1","quantity":"100"}}',1,0,'none',10,'alpha','u12','Pending',NULL,NULL,NULL,NULL,1800000004000,NULL,1800000001000,'Partial','hand',6000000,1800000500000);
INSERT INTO orders VALUES(13,1,2,7,'Default','open',1000000,'0.00011999999999999999',100,1,3,'{"quantity":{"per_run":100,"runs":1},"drip":false,"fields":{"link":"https://example.com/p/1","quantity":"100"}}',1,0,'none',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1800000001000,NULL,NULL,NULL,NULL);
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
INSERT INTO placements VALUES(1,2,'alpha','77',6000000,'EUR',1800000002000,NULL,NULL);
INSERT INTO placements VALUES(2,3,'alpha','77',6000000,'EUR',1800000002000,'unknown','raw unknown');
INSERT INTO placements VALUES(3,4,'alpha','77',6000000,'EUR',1800000002000,'accepted','raw accepted');
INSERT INTO placements VALUES(4,5,'alpha','77',6000000,'EUR',1800000002000,'accepted','raw accepted');
INSERT INTO placements VALUES(5,6,'alpha','77',6000000,'EUR',1800000002000,'accepted','raw accepted');
INSERT INTO placements VALUES(6,7,'alpha','77',6000000,'EUR',1800000002000,'accepted','raw accepted');
INSERT INTO placements VALUES(7,8,'alpha','77',6000000,'EUR',1800000002000,'accepted','raw accepted');
INSERT INTO placements VALUES(8,9,'alpha','77',6000000,'EUR',1800000002000,'refused_order','raw refused_order');
INSERT INTO placements VALUES(9,11,'alpha','77',6000000,'EUR',1800000002000,'resolved_not_placed','raw unknown');
INSERT INTO placements VALUES(10,12,'alpha','77',6000000,'EUR',1800000002000,'accepted','raw accepted');
CREATE TABLE order_events (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    at       INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    text     TEXT    NOT NULL
) STRICT;
INSERT INTO order_events VALUES(1,1,1800000001000,'opened','10.00 at rate 0.00011999999999999999, rules 3');
INSERT INTO order_events VALUES(2,2,1800000001000,'opened','10.00 at rate 0.00011999999999999999, rules 3');
INSERT INTO order_events VALUES(3,2,1800000002000,'sending','to alpha, offer 77, for 6.00 EUR');
INSERT INTO order_events VALUES(4,3,1800000001000,'opened','10.00 at rate 0.00011999999999999999, rules 3');
INSERT INTO order_events VALUES(5,3,1800000002000,'sending','to alpha, offer 77, for 6.00 EUR');
INSERT INTO order_events VALUES(6,3,1800000003000,'unconfirmed','unknown: raw unknown');
INSERT INTO order_events VALUES(7,4,1800000001000,'opened','10.00 at rate 0.00011999999999999999, rules 3');
INSERT INTO order_events VALUES(8,4,1800000002000,'sending','to alpha, offer 77, for 6.00 EUR');
INSERT INTO order_events VALUES(9,4,1800000004000,'placed','accepted: raw accepted');
INSERT INTO order_events VALUES(10,4,1800000020000,'learned','In progress, charge 5.50, start_count 40, remains 60');
INSERT INTO order_events VALUES(11,5,1800000001000,'opened','10.00 at rate 0.00011999999999999999, rules 3');
INSERT INTO order_events VALUES(12,5,1800000002000,'sending','to alpha, offer 77, for 6.00 EUR');
INSERT INTO order_events VALUES(13,5,1800000004000,'placed','accepted: raw accepted');
INSERT INTO order_events VALUES(14,5,1800000021000,'flagged','the panel says that more remains than was ordered');
INSERT INTO order_events VALUES(15,5,1800000021000,'learned','Partial, remains 101');
INSERT INTO order_events VALUES(16,6,1800000001000,'opened','10.00 at rate 0.00011999999999999999, rules 3');
INSERT INTO order_events VALUES(17,6,1800000002000,'sending','to alpha, offer 77, for 6.00 EUR');
INSERT INTO order_events VALUES(18,6,1800000004000,'placed','accepted: raw accepted');
INSERT INTO order_events VALUES(19,6,1800000030000,'closed','Completed, 10.00 taken; Completed, remains 0');
INSERT INTO order_events VALUES(20,7,1800000001000,'opened','10.00 at rate 0.00011999999999999999, rules 3');
INSERT INTO order_events VALUES(21,7,1800000002000,'sending','to alpha, offer 77, for 6.00 EUR');
INSERT INTO order_events VALUES(22,7,1800000004000,'placed','accepted: raw accepted');
INSERT INTO order_events VALUES(23,7,1800000031000,'closed','Partial, 5.00 taken; Partial, remains 50');
INSERT INTO order_events VALUES(24,7,1800000500000,'settled','2.00 given back, 3.00 kept; operator: looked');
INSERT INTO order_events VALUES(25,8,1800000001000,'opened','10.00 at rate 0.00011999999999999999, rules 3');
INSERT INTO order_events VALUES(26,8,1800000002000,'sending','to alpha, offer 77, for 6.00 EUR');
INSERT INTO order_events VALUES(27,8,1800000004000,'placed','accepted: raw accepted');
INSERT INTO order_events VALUES(28,8,1800000032000,'closed','Canceled, 0.00 taken; Canceled');
INSERT INTO order_events VALUES(29,9,1800000001000,'opened','10.00 at rate 0.00011999999999999999, rules 3');
INSERT INTO order_events VALUES(30,9,1800000002000,'sending','to alpha, offer 77, for 6.00 EUR');
INSERT INTO order_events VALUES(31,9,1800000003000,'refused','refused_order: raw refused_order');
INSERT INTO order_events VALUES(32,9,1800000003000,'closed','Canceled, 0.00 taken; the panel refused: BadLink');
INSERT INTO order_events VALUES(33,10,1800000001000,'opened','10.00 at rate 0.00011999999999999999, rules 3');
INSERT INTO order_events VALUES(34,10,1800000500000,'closed','Canceled, 0.00 taken; operator: looked');
INSERT INTO order_events VALUES(35,11,1800000001000,'opened','10.00 at rate 0.00011999999999999999, rules 3');
INSERT INTO order_events VALUES(36,11,1800000002000,'sending','to alpha, offer 77, for 6.00 EUR');
INSERT INTO order_events VALUES(37,11,1800000003000,'unconfirmed','unknown: raw unknown');
INSERT INTO order_events VALUES(38,11,1800000500000,'closed','Canceled, 0.00 taken; operator: looked');
INSERT INTO order_events VALUES(39,11,1800000600000,'too_late','accepted: raw accepted');
INSERT INTO order_events VALUES(40,12,1800000001000,'opened','10.00 at rate 0.00011999999999999999, rules 3');
INSERT INTO order_events VALUES(41,12,1800000002000,'sending','to alpha, offer 77, for 6.00 EUR');
INSERT INTO order_events VALUES(42,12,1800000004000,'placed','accepted: raw accepted');
INSERT INTO order_events VALUES(43,12,1800000500000,'closed','Partial, 6.00 taken; operator: looked');
INSERT INTO order_events VALUES(44,4,1800000040000,'cancel_asked','');
INSERT INTO order_events VALUES(45,4,1800000041000,'refill_asked','refill 1');
INSERT INTO order_events VALUES(46,4,1800000042000,'refill_known','refill 1, accepted: raw accepted');
INSERT INTO order_events VALUES(47,13,1800000001000,'opened','1.00 at rate 0.00011999999999999999, rules 3');
CREATE TABLE idempotency_keys (
    customer INTEGER NOT NULL REFERENCES customers (id),
    key      TEXT    NOT NULL,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    at       INTEGER NOT NULL,
    PRIMARY KEY (customer, key)
) STRICT, WITHOUT ROWID;
INSERT INTO idempotency_keys VALUES(2,'mine',13,1800000001000);
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
INSERT INTO refills VALUES(1,4,'alpha','known','r1','Pending',1800000041000,1800000042000);
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
INSERT INTO accounts VALUES(1,'available',1,NULL,'USD',131000000);
INSERT INTO accounts VALUES(2,'held',1,NULL,'USD',50000000);
INSERT INTO accounts VALUES(3,'outside',NULL,NULL,'USD',-200000000);
INSERT INTO accounts VALUES(4,'available',2,NULL,'USD',-1000000);
INSERT INTO accounts VALUES(5,'held',2,NULL,'USD',1000000);
INSERT INTO accounts VALUES(6,'prepaid',NULL,'alpha','EUR',-35500000);
INSERT INTO accounts VALUES(7,'cost',NULL,'alpha','EUR',35500000);
INSERT INTO accounts VALUES(8,'sales',NULL,NULL,'USD',19000000);
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
INSERT INTO transfers VALUES(1,'top_up',200000000,'USD','funds',NULL,'operator','a note',1800000000000);
INSERT INTO transfers VALUES(2,'hold',10000000,'USD','order/1/hold',1,NULL,NULL,1800000001000);
INSERT INTO transfers VALUES(3,'hold',10000000,'USD','order/2/hold',2,NULL,NULL,1800000001000);
INSERT INTO transfers VALUES(4,'hold',10000000,'USD','order/3/hold',3,NULL,NULL,1800000001000);
INSERT INTO transfers VALUES(5,'hold',10000000,'USD','order/4/hold',4,NULL,NULL,1800000001000);
INSERT INTO transfers VALUES(6,'charge',6000000,'EUR','order/4/charge/2',4,NULL,NULL,1800000004000);
INSERT INTO transfers VALUES(7,'credit',500000,'EUR','order/4/credit/3',4,NULL,NULL,1800000020000);
INSERT INTO transfers VALUES(8,'hold',10000000,'USD','order/5/hold',5,NULL,NULL,1800000001000);
INSERT INTO transfers VALUES(9,'charge',6000000,'EUR','order/5/charge/2',5,NULL,NULL,1800000004000);
INSERT INTO transfers VALUES(10,'hold',10000000,'USD','order/6/hold',6,NULL,NULL,1800000001000);
INSERT INTO transfers VALUES(11,'charge',6000000,'EUR','order/6/charge/2',6,NULL,NULL,1800000004000);
INSERT INTO transfers VALUES(12,'take',10000000,'USD','order/6/take',6,NULL,NULL,1800000030000);
INSERT INTO transfers VALUES(13,'hold',10000000,'USD','order/7/hold',7,NULL,NULL,1800000001000);
INSERT INTO transfers VALUES(14,'charge',6000000,'EUR','order/7/charge/2',7,NULL,NULL,1800000004000);
INSERT INTO transfers VALUES(15,'take',5000000,'USD','order/7/take',7,NULL,NULL,1800000031000);
INSERT INTO transfers VALUES(16,'release',5000000,'USD','order/7/release',7,NULL,NULL,1800000031000);
INSERT INTO transfers VALUES(17,'refund',2000000,'USD','order/7/refund/4',7,'operator','looked',1800000500000);
INSERT INTO transfers VALUES(18,'hold',10000000,'USD','order/8/hold',8,NULL,NULL,1800000001000);
INSERT INTO transfers VALUES(19,'charge',6000000,'EUR','order/8/charge/2',8,NULL,NULL,1800000004000);
INSERT INTO transfers VALUES(20,'release',10000000,'USD','order/8/release',8,NULL,NULL,1800000032000);
INSERT INTO transfers VALUES(21,'hold',10000000,'USD','order/9/hold',9,NULL,NULL,1800000001000);
INSERT INTO transfers VALUES(22,'release',10000000,'USD','order/9/release',9,NULL,NULL,1800000003000);
INSERT INTO transfers VALUES(23,'hold',10000000,'USD','order/10/hold',10,NULL,NULL,1800000001000);
INSERT INTO transfers VALUES(24,'release',10000000,'USD','order/10/release',10,NULL,NULL,1800000500000);
INSERT INTO transfers VALUES(25,'hold',10000000,'USD','order/11/hold',11,NULL,NULL,1800000001000);
INSERT INTO transfers VALUES(26,'release',10000000,'USD','order/11/release',11,'operator','looked',1800000500000);
INSERT INTO transfers VALUES(27,'hold',10000000,'USD','order/12/hold',12,NULL,NULL,1800000001000);
INSERT INTO transfers VALUES(28,'charge',6000000,'EUR','order/12/charge/2',12,NULL,NULL,1800000004000);
INSERT INTO transfers VALUES(29,'take',6000000,'USD','order/12/take',12,'operator','looked',1800000500000);
INSERT INTO transfers VALUES(30,'release',4000000,'USD','order/12/release',12,'operator','looked',1800000500000);
INSERT INTO transfers VALUES(31,'hold',1000000,'USD','order/13/hold',13,NULL,NULL,1800000001000);
CREATE TABLE entries (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    transfer      INTEGER NOT NULL REFERENCES transfers (id),
    account       INTEGER NOT NULL REFERENCES accounts (id),
    amount        INTEGER NOT NULL CHECK (amount <> 0),
    balance_after INTEGER NOT NULL,
    -- Of the customer at this commit; on `available` only.
    credit_limit  INTEGER
) STRICT;
INSERT INTO entries VALUES(1,1,3,-200000000,-200000000,NULL);
INSERT INTO entries VALUES(2,1,1,200000000,200000000,0);
INSERT INTO entries VALUES(3,2,1,-10000000,190000000,0);
INSERT INTO entries VALUES(4,2,2,10000000,10000000,NULL);
INSERT INTO entries VALUES(5,3,1,-10000000,180000000,0);
INSERT INTO entries VALUES(6,3,2,10000000,20000000,NULL);
INSERT INTO entries VALUES(7,4,1,-10000000,170000000,0);
INSERT INTO entries VALUES(8,4,2,10000000,30000000,NULL);
INSERT INTO entries VALUES(9,5,1,-10000000,160000000,0);
INSERT INTO entries VALUES(10,5,2,10000000,40000000,NULL);
INSERT INTO entries VALUES(11,6,6,-6000000,-6000000,NULL);
INSERT INTO entries VALUES(12,6,7,6000000,6000000,NULL);
INSERT INTO entries VALUES(13,7,7,-500000,5500000,NULL);
INSERT INTO entries VALUES(14,7,6,500000,-5500000,NULL);
INSERT INTO entries VALUES(15,8,1,-10000000,150000000,0);
INSERT INTO entries VALUES(16,8,2,10000000,50000000,NULL);
INSERT INTO entries VALUES(17,9,6,-6000000,-11500000,NULL);
INSERT INTO entries VALUES(18,9,7,6000000,11500000,NULL);
INSERT INTO entries VALUES(19,10,1,-10000000,140000000,0);
INSERT INTO entries VALUES(20,10,2,10000000,60000000,NULL);
INSERT INTO entries VALUES(21,11,6,-6000000,-17500000,NULL);
INSERT INTO entries VALUES(22,11,7,6000000,17500000,NULL);
INSERT INTO entries VALUES(23,12,2,-10000000,50000000,NULL);
INSERT INTO entries VALUES(24,12,8,10000000,10000000,NULL);
INSERT INTO entries VALUES(25,13,1,-10000000,130000000,0);
INSERT INTO entries VALUES(26,13,2,10000000,60000000,NULL);
INSERT INTO entries VALUES(27,14,6,-6000000,-23500000,NULL);
INSERT INTO entries VALUES(28,14,7,6000000,23500000,NULL);
INSERT INTO entries VALUES(29,15,2,-5000000,55000000,NULL);
INSERT INTO entries VALUES(30,15,8,5000000,15000000,NULL);
INSERT INTO entries VALUES(31,16,2,-5000000,50000000,NULL);
INSERT INTO entries VALUES(32,16,1,5000000,135000000,0);
INSERT INTO entries VALUES(33,17,8,-2000000,13000000,NULL);
INSERT INTO entries VALUES(34,17,1,2000000,137000000,0);
INSERT INTO entries VALUES(35,18,1,-10000000,127000000,0);
INSERT INTO entries VALUES(36,18,2,10000000,60000000,NULL);
INSERT INTO entries VALUES(37,19,6,-6000000,-29500000,NULL);
INSERT INTO entries VALUES(38,19,7,6000000,29500000,NULL);
INSERT INTO entries VALUES(39,20,2,-10000000,50000000,NULL);
INSERT INTO entries VALUES(40,20,1,10000000,137000000,0);
INSERT INTO entries VALUES(41,21,1,-10000000,127000000,0);
INSERT INTO entries VALUES(42,21,2,10000000,60000000,NULL);
INSERT INTO entries VALUES(43,22,2,-10000000,50000000,NULL);
INSERT INTO entries VALUES(44,22,1,10000000,137000000,0);
INSERT INTO entries VALUES(45,23,1,-10000000,127000000,0);
INSERT INTO entries VALUES(46,23,2,10000000,60000000,NULL);
INSERT INTO entries VALUES(47,24,2,-10000000,50000000,NULL);
INSERT INTO entries VALUES(48,24,1,10000000,137000000,0);
INSERT INTO entries VALUES(49,25,1,-10000000,127000000,0);
INSERT INTO entries VALUES(50,25,2,10000000,60000000,NULL);
INSERT INTO entries VALUES(51,26,2,-10000000,50000000,NULL);
INSERT INTO entries VALUES(52,26,1,10000000,137000000,0);
INSERT INTO entries VALUES(53,27,1,-10000000,127000000,0);
INSERT INTO entries VALUES(54,27,2,10000000,60000000,NULL);
INSERT INTO entries VALUES(55,28,6,-6000000,-35500000,NULL);
INSERT INTO entries VALUES(56,28,7,6000000,35500000,NULL);
INSERT INTO entries VALUES(57,29,2,-6000000,54000000,NULL);
INSERT INTO entries VALUES(58,29,8,6000000,19000000,NULL);
INSERT INTO entries VALUES(59,30,2,-4000000,50000000,NULL);
INSERT INTO entries VALUES(60,30,1,4000000,131000000,0);
INSERT INTO entries VALUES(61,31,4,-1000000,-1000000,50000000);
INSERT INTO entries VALUES(62,31,5,1000000,1000000,NULL);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('customers',2);
INSERT INTO sqlite_sequence VALUES('accounts',8);
INSERT INTO sqlite_sequence VALUES('transfers',31);
INSERT INTO sqlite_sequence VALUES('entries',62);
INSERT INTO sqlite_sequence VALUES('keys',1);
INSERT INTO sqlite_sequence VALUES('orders',13);
INSERT INTO sqlite_sequence VALUES('order_events',47);
INSERT INTO sqlite_sequence VALUES('placements',10);
INSERT INTO sqlite_sequence VALUES('refills',1);
CREATE INDEX keys_of_customer ON keys (customer, id);
CREATE UNIQUE INDEX service_ids_of_imports ON service_ids (panel, offer) WHERE panel IS NOT NULL;
CREATE UNIQUE INDEX orders_by_upstream_id ON orders (panel, upstream_id) WHERE upstream_id IS NOT NULL;
CREATE INDEX orders_by_state ON orders (state, id);
CREATE INDEX orders_by_customer ON orders (customer, id);
CREATE INDEX orders_by_panel ON orders (panel, id);
CREATE INDEX orders_by_time ON orders (created);
CREATE INDEX orders_flagged ON orders (id) WHERE flag IS NOT NULL;
CREATE INDEX placements_of_order ON placements (order_id, id);
CREATE INDEX order_events_of_order ON order_events (order_id, id);
CREATE INDEX idempotency_keys_by_time ON idempotency_keys (at);
CREATE INDEX refills_of_order ON refills (order_id, id);
CREATE UNIQUE INDEX accounts_of_customers ON accounts (customer, kind) WHERE customer IS NOT NULL;
CREATE UNIQUE INDEX accounts_of_panels ON accounts (panel, currency, kind) WHERE panel IS NOT NULL;
CREATE UNIQUE INDEX accounts_of_ours ON accounts (kind, currency) WHERE customer IS NULL AND panel IS NULL;
CREATE UNIQUE INDEX references_of_bookings ON transfers (reference) WHERE order_id IS NULL;
CREATE UNIQUE INDEX references_of_orders ON transfers (reference) WHERE order_id IS NOT NULL;
CREATE INDEX transfers_of_order ON transfers (order_id, id) WHERE order_id IS NOT NULL;
CREATE UNIQUE INDEX entries_of_transfer ON entries (transfer, account);
CREATE INDEX entries_of_account ON entries (account, id);
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
COMMIT;
