-- What large archives were read into, slice by slice, before their generation is taken over as a whole.
-- Nothing else reads it: a server that ended in the middle goes on behind the last slice that it kept.
create table feed_intake (
  feed text not null,
  generation text not null check (generation ~ '^[0-9a-f]{64}$'),
  -- Which readers read it: what others read is of no use to newer ones.
  reader integer not null,
  slice integer not null check (slice >= 0),
  -- Documents of the archive that were read until the end of this slice.
  document_count integer not null,
  is_last boolean not null,
  -- Packed; read and written by the program only.
  body bytea not null,
  kept_at timestamptz not null,
  primary key (feed, slice)
);
alter table feed_intake alter column body set storage external;

-- The longer texts of each slice, by the block that they will stand in.
create table feed_intake_detail (
  feed text not null,
  slice integer not null,
  bucket text not null,
  body bytea not null,
  primary key (feed, bucket, slice),
  foreign key (feed, slice) references feed_intake on delete cascade
);
alter table feed_intake_detail alter column body set storage external;
