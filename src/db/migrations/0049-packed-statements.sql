-- What records say by CPE names, packed. There are hundreds of thousands of such statements, few fleets
-- have a product that only a CPE name tells of, and a row of its own is mostly overhead: neighbours
-- packed together take a twentieth of it. Read and written by the program only
-- (`src/intel/statement-blocks.ts`): compressed, or as the plain JSON that is made of older rows here.
create table statement_block (
  feed text not null,
  ecosystem text not null,
  -- Neighbouring vulnerabilities stand together, so that a changed record rewrites one small block.
  bucket text not null,
  -- Products that something is said of now: of each name the first four bytes of its MD5.
  -- Two names may share one, so the block itself is asked which it speaks of.
  product_marks integer[] not null,
  -- Statements that hold now, one a product and vulnerability.
  statement_count integer not null,
  -- What is said and was said, each with its half-open range.
  body bytea not null,
  primary key (feed, ecosystem, bucket)
);
alter table statement_block alter column body set storage external;
create index statement_block_product on statement_block using gin (product_marks)
  with (fastupdate = off);
create index statement_block_bucket on statement_block (bucket);

-- Who said it, of packed statements that findings rest on or rested on.
create table statement_cited (
  id bigint primary key,
  feed text not null,
  generation text not null,
  advisory text not null
);

-- A finding rests on a statement in a row of its own or in a block, so no single table can be referred to.
alter table finding_pair drop constraint finding_pair_statement_id_fkey;
create view statement_source as
  select id, feed, generation, advisory from statement_group
  union all
  select id, feed, generation, advisory from statement_cited;

insert into statement_cited
  select id, feed, generation, advisory from statement_group s
   where ecosystem = 'CPE' and advisory = ''
     and exists (select from finding_pair f where f.statement_id = s.id);

insert into statement_block
  with said as (
    select s.*, v.id as vulnerability,
           case when v.id ~ '^CVE-\d{4}-\d{4,}$' then left(v.id, -2)
                else left(encode(sha256(convert_to(v.id, 'UTF8')), 'hex'), 2) end as bucket
      from statement_group s cross join unnest(s.vulnerabilities) as v (id)
     where s.ecosystem = 'CPE' and s.advisory = ''
  ), named as (
    select feed, bucket,
           array_agg(distinct ('x' || left(md5(n), 8))::bit(32)::integer) as product_marks
      from said cross join unnest(package_names) as n where valid_to is null group by feed, bucket
  ), packed as (
    select feed, ecosystem, bucket,
           coalesce(sum(cardinality(package_names)) filter (where valid_to is null), 0) as count,
           jsonb_agg(jsonb_build_object(
             'i', id, 'v', vulnerability, 'p', package_names, 'm', matches, 'u', urgency,
             's', state, 'g', generation, 'f', round(extract(epoch from valid_from) * 1000),
             't', round(extract(epoch from valid_to) * 1000)) order by id)::text as body
      from said group by feed, ecosystem, bucket
  )
  select p.feed, p.ecosystem, p.bucket, coalesce(n.product_marks, '{}'), p.count,
         convert_to(p.body, 'UTF8')
    from packed p left join named n using (feed, bucket);

delete from statement_group where ecosystem = 'CPE' and advisory = '';

-- A list of what is still to be sorted in makes an index of a whole feed three times as large, for good.
alter index statement_group_package set (fastupdate = off);
alter index statement_group_vulnerability set (fastupdate = off);
reindex index statement_group_package;
reindex index statement_group_vulnerability;
