-- Since when requests are counted without a gap, and until when that is known.
ALTER TABLE traffic_began RENAME TO traffic_counting;
ALTER TABLE traffic_counting RENAME COLUMN at TO since;
ALTER TABLE traffic_counting ADD COLUMN until INTEGER NOT NULL DEFAULT 0;
UPDATE traffic_counting SET until = max(since, coalesce((SELECT max(at) FROM traffic_writers), since));
