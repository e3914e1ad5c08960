-- Whose a source is: the query language asks for a unit and the units below it.
ALTER TABLE source ADD COLUMN unit INTEGER REFERENCES unit (id);
CREATE INDEX source_unit ON source (unit) WHERE unit IS NOT NULL;
CREATE INDEX unit_parent ON unit (parent) WHERE parent IS NOT NULL;
