-- Where in the audit entries of something stand: for a block of 1,024 entries, and each value that they can be asked for by, their
-- places in the block. Values of a kind are dealt to buckets; four blocks are a chunk, in which the rows of a bucket stand together. No
-- evidence: made of the entries when a block is full, and made anew where it is missing. The forms are those of src/audit_keys/.
CREATE TABLE audit_keys (
    chunk  INTEGER NOT NULL, -- of the blocks from chunk * 4 on
    kind   INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    part   INTEGER NOT NULL, -- 0 to 3: which block of the chunk
    keys   BLOB    NOT NULL,
    PRIMARY KEY (chunk, kind, bucket, part)
) STRICT, WITHOUT ROWID;
