-- What was counted of requests. In which form counts and addresses stand, the program says.
CREATE TABLE traffic (
    account_id       TEXT    NOT NULL, -- empty: of no account
    application_kind INTEGER NOT NULL,
    application_id   INTEGER NOT NULL, -- 0: of no application
    period_kind      INTEGER NOT NULL, -- 0: a month, 1: a day
    period           INTEGER NOT NULL, -- months since the year 0, or days since 1970-01-01
    counts           BLOB    NOT NULL,
    addresses        BLOB    NOT NULL,
    agents           TEXT    NOT NULL,
    PRIMARY KEY (account_id, application_kind, application_id, period_kind, period)
) STRICT;

CREATE INDEX traffic_by_age ON traffic (period_kind, period);

-- When each application was used, also when what was counted is forgotten.
CREATE TABLE traffic_uses (
    account_id       TEXT    NOT NULL,
    application_kind INTEGER NOT NULL,
    application_id   INTEGER NOT NULL,
    first            INTEGER,
    last             INTEGER,
    last_refused     INTEGER,
    PRIMARY KEY (account_id, application_kind, application_id)
) STRICT;

-- Families of routes, by the numbers under which they are counted.
CREATE TABLE traffic_families (
    number     INTEGER NOT NULL PRIMARY KEY,
    account_id TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    last_day   INTEGER NOT NULL,
    UNIQUE (account_id, name)
) STRICT;

-- The last batch of each process that counts.
CREATE TABLE traffic_writers (
    writer BLOB    NOT NULL PRIMARY KEY CHECK (length(writer) = 16),
    batch  INTEGER NOT NULL,
    at     INTEGER NOT NULL
) STRICT;

-- When the first batch was made.
CREATE TABLE traffic_began (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    at  INTEGER NOT NULL
) STRICT;
