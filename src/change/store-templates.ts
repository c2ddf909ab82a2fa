import { sql } from "kysely";
import type { Digest } from "../base/digest.ts";
import type { SubjectId } from "../base/ids.ts";
import type { Instant } from "../base/instant.ts";
import { type Reader, sqlInstant, type Tx } from "../db/database.ts";
import { TEMPLATE_LOOK, type TemplateFacts } from "./template.ts";

/** Templates of standard changes, with what became of the changes made from them. */
export interface StoredTemplate extends TemplateFacts {
  readonly digest: Digest;
  readonly name: string;
  readonly text: string;
  readonly proposedBy: SubjectId;
  readonly proposer: SubjectId;
  readonly proposedAt: Instant;
  readonly approvedBy: readonly SubjectId[];
}

// An approver who was disabled since approves nothing any more, as with signatures.
const selected = sql`
  select t.digest, t.name, t.text, t.proposed_by as "proposedBy", t.proposer_person as proposer,
         t.proposed_at as "proposedAt", t.expires_at as "expiresAt",
         a.people as "approvedBy", cardinality(a.people) as approvals,
         o.ended, o.failed, o.missed as "missedReviews"
    from change_template t
    cross join lateral (
      select coalesce(array_agg(a.person order by a.at), '{}') as people
        from change_template_approval a
        join subject s on s.id = a.person and s.disabled_at is null
       where a.digest = t.digest and a.person <> t.proposer_person) a
    cross join lateral (
      select count(*) filter (where l.place <= ${TEMPLATE_LOOK})::integer as ended,
             count(*) filter (where l.place <= ${TEMPLATE_LOOK}
                                and l.state in ('failed', 'backed-out'))::integer as failed,
             count(*) filter (where l.is_goal_met = false)::integer as missed
        from (select c.state, r.is_goal_met,
                     row_number() over (order by c.moved_at desc, c.number desc) as place
                from change c left join change_review r on r.change = c.id
               where c.assessment -> 'template' ->> 'digest' = t.digest
                 and c.state in ('completed', 'failed', 'backed-out')) l) o`;

/** By digest, or the newest of a name. */
export async function loadTemplate(reader: Reader, ref: string): Promise<StoredTemplate | null> {
  const { rows } = await sql<StoredTemplate>`
    ${selected} where t.digest = ${ref} or t.name = ${ref}
     order by t.proposed_at desc, t.digest limit 1`.execute(reader);
  return rows[0] ?? null;
}

const TEMPLATES_MAX = 1000;

/** Every version, the newest of each name first. */
export async function loadTemplates(reader: Reader): Promise<readonly StoredTemplate[]> {
  const { rows } = await sql<StoredTemplate>`
    ${selected} order by t.name, t.proposed_at desc, t.digest limit ${TEMPLATES_MAX}`.execute(
    reader,
  );
  return rows;
}

export async function insertTemplate(
  tx: Tx,
  made: Pick<
    StoredTemplate,
    "digest" | "name" | "text" | "proposedBy" | "proposer" | "proposedAt" | "expiresAt"
  >,
): Promise<void> {
  await sql`
    insert into change_template (digest, name, text, proposed_by, proposer_person, proposed_at,
      expires_at)
    values (${made.digest}, ${made.name}, ${made.text}, ${made.proposedBy}, ${made.proposer},
      ${sqlInstant(made.proposedAt)}, ${sqlInstant(made.expiresAt)})`.execute(tx);
}

export async function insertTemplateApproval(
  tx: Tx,
  given: {
    readonly digest: Digest;
    readonly person: SubjectId;
    readonly reason: string;
    readonly at: Instant;
  },
): Promise<void> {
  await sql`
    insert into change_template_approval (digest, person, reason, at)
    values (${given.digest}, ${given.person}, ${given.reason},
      ${sqlInstant(given.at)})`.execute(tx);
}
