import { sql } from "kysely";
import type { SubjectId } from "../base/ids.ts";
import type { Reader } from "../db/database.ts";

/** Which of the first steps somebody has taken already. */
export interface StepsTaken {
  readonly hasKey: boolean;
  readonly hasEnrolment: boolean;
  readonly hasPatch: boolean;
  readonly hasChange: boolean;
  readonly hasRollout: boolean;
}

export async function loadStepsTaken(reader: Reader, person: SubjectId): Promise<StepsTaken> {
  const { rows } = await sql<StepsTaken>`
    select exists (select from approver_key where subject = ${person} and removed_at is null)
             as "hasKey",
           exists (select from host_enrolment) as "hasEnrolment",
           exists (select from patch) as "hasPatch", exists (select from change) as "hasChange",
           exists (select from rollout) as "hasRollout"`.execute(reader);
  const [taken] = rows;
  const none = false;
  return (
    taken ?? {
      hasKey: none,
      hasEnrolment: none,
      hasPatch: none,
      hasChange: none,
      hasRollout: none,
    }
  );
}
