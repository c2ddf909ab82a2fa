import { z } from "zod";
import type { ChangeState } from "../change/model.ts";
import { shaped } from "./answer-reading.ts";
import {
  type Adapter,
  type Ask,
  isRefusal,
  type MirroredChange,
  type Outside,
  Trouble,
} from "./model.ts";
import { type FieldValue, filledField, type ServicenowSettings } from "./settings.ts";

const WRONG = "The answer is none of the Table API; is the address that of an instance?";

/**
 * ServiceNow: the Table API over `change_request`. A record is ours by its `correlation_id`; notes are
 * work notes, each with the index of its event, by which it is found again in the journal. Pure but
 * for what `ask` does.
 */
const TABLE = "/api/now/table/change_request";
const JOURNAL = "/api/now/table/sys_journal_field";
const FIELDS = "sys_id,number,state,approval,on_hold,correlation_id";
/** States of the change model as shipped, in its order; a closed or cancelled one is left by nobody. */
const ORDER = ["-5", "-4", "-3", "-2", "-1", "0", "3"] as const;
const CANCELLED = "4";

const shipped: Readonly<Record<ChangeState, string>> = {
  requested: "-4",
  approved: "-2",
  running: "-1",
  completed: "3",
  failed: "3",
  "backed-out": "3",
  rejected: CANCELLED,
  withdrawn: CANCELLED,
  expired: CANCELLED,
};

/** With sysparm_display_value=all each field is a pair. */
const pair = z.looseObject({ value: z.string().catch(""), display_value: z.string().catch("") });
const record = z.looseObject({ sys_id: pair, number: pair, state: pair }).catchall(pair.optional());
type Row = z.output<typeof record>;
const one = z.looseObject({ result: record });
const many = z.looseObject({ result: z.array(record).max(100) });
const rows = z.looseObject({ result: z.array(z.looseObject({ sys_id: z.string().catch("") })) });

const closeCodes: Partial<Record<ChangeState, string>> = {
  completed: "successful",
  failed: "unsuccessful",
  "backed-out": "unsuccessful",
};

export function servicenow(settings: ServicenowSettings, base: string): Adapter {
  const shape = shapeOf(settings, base);
  return {
    isAsked: true,
    // The database answers a query with what was committed.
    settleMs: 5_000,
    fieldsOf: shape.fieldsOf,
    ...reading(shape),
    ...writing(shape, settings),
  };
}

interface Shape {
  /** The part of a query that says which fields come back, and how. */
  readonly view: string;
  readonly fieldsOf: (change: MirroredChange) => Record<string, string>;
  readonly outsideOf: (row: Row) => Outside;
}

function shapeOf(settings: ServicenowSettings, base: string): Shape {
  const mapped: Readonly<Record<string, FieldValue>> = {
    short_description: "{title}",
    description: "{reason}",
    backout_plan: "{backout}",
    justification: "{reason}",
    ...settings.fields,
  };
  const names = [...new Set([...FIELDS.split(","), ...Object.keys(mapped)])].join(",");
  return {
    view: `sysparm_display_value=all&sysparm_exclude_reference_link=true&sysparm_fields=${names}`,
    fieldsOf: (change) =>
      Object.fromEntries(
        Object.entries(mapped).map(([name, value]) => {
          const text = filledField(value, change);
          return [name, typeof text === "string" ? text : Object.values(text).join(",")];
        }),
      ),
    outsideOf(row) {
      const value = (name: string): string => row[name]?.value ?? "";
      const read = [...Object.keys(mapped), "state"].map((name) => [name, value(name)] as const);
      return {
        id: row.sys_id.value,
        key: row.number.value,
        url: `${base}/nav_to.do?uri=change_request.do?sys_id=${row.sys_id.value}`,
        state: row.state.display_value === "" ? row.state.value : row.state.display_value,
        isStopped: value("on_hold") === "true" || value("approval") === "rejected",
        fields: Object.fromEntries(read),
      };
    },
  };
}

function reading({ view, outsideOf }: Shape): Pick<Adapter, "test" | "find" | "read" | "hasNote"> {
  return {
    async test(ask) {
      const path = `${TABLE}?sysparm_limit=1&sysparm_fields=sys_id`;
      await ask({ method: "GET", path, body: null });
      return "change_request can be read";
    },
    async find(ask, { id }) {
      const query = encodeURIComponent(`correlation_id=${id}^ORDERBYsys_created_on`);
      const path = `${TABLE}?sysparm_query=${query}&sysparm_limit=2&${view}`;
      const [first] = shaped(many, await ask({ method: "GET", path, body: null }), WRONG).result;
      return first === undefined ? null : outsideOf(first);
    },
    async read(ask, id) {
      const path = `${TABLE}/${encodeURIComponent(id)}?${view}`;
      try {
        return outsideOf(shaped(one, await ask({ method: "GET", path, body: null }), WRONG).result);
      } catch (cause) {
        if (cause instanceof Trouble && cause.kind === "gone") return null;
        throw cause;
      }
    },
    async hasNote(ask, outside, { index }) {
      const query = encodeURIComponent(
        `element_id=${outside.id}^element=work_notes^valueLIKE${markOf(index)}`,
      );
      const path = `${JOURNAL}?sysparm_query=${query}&sysparm_limit=1&sysparm_fields=sys_id`;
      return shaped(rows, await ask({ method: "GET", path, body: null }), WRONG).result.length > 0;
    },
  };
}

function writing(
  { view, outsideOf, fieldsOf }: Shape,
  settings: ServicenowSettings,
): Pick<Adapter, "create" | "write" | "note" | "move"> {
  const byClass = (change: MirroredChange) =>
    change.class === "emergency" ? "emergency" : "normal";
  return {
    async create(ask, change) {
      const type = settings.type === "by-class" ? byClass(change) : settings.type;
      const own = { type, correlation_id: change.id, correlation_display: "Fettle" };
      const body = { ...fieldsOf(change), ...own };
      const answer = await ask({ method: "POST", path: `${TABLE}?${view}`, body });
      return outsideOf(shaped(one, answer, WRONG).result);
    },
    async write(ask, { outside, change }) {
      const body = { ...fieldsOf(change), correlation_id: change.id };
      await ask({ method: "PATCH", path: `${TABLE}/${outside.id}?sysparm_fields=sys_id`, body });
    },
    async note(ask, { outside, note }) {
      const body = { work_notes: `${note.text} ${markOf(note.index)}` };
      await ask({ method: "PATCH", path: `${TABLE}/${outside.id}?sysparm_fields=sys_id`, body });
    },
    move(ask, { outside, change }) {
      const wanted = settings.states[change.state] ?? shipped[change.state];
      return moveTo(ask, { outside, change, wanted });
    },
  };
}

export function markOf(index: number): string {
  return `[fettle entry ${index}]`;
}

/** Step by step: the shipped model lets no state be left out, and asks for its own approvals. */
async function moveTo(
  ask: Ask,
  of: { readonly outside: Outside; readonly change: MirroredChange; readonly wanted: string },
): Promise<string | null> {
  const { outside, change, wanted } = of;
  const now = outside.fields["state"] ?? "";
  if (now === wanted) return null;
  const isOver = now === "3" || now === CANCELLED;
  if (isOver) return `The record is ${outside.state} there; the change is ${change.state}.`;
  const from = (ORDER as readonly string[]).indexOf(now);
  const to = (ORDER as readonly string[]).indexOf(wanted);
  if (from >= 0 && to >= 0 && to < from) {
    return `The record is ${outside.state} there already; the change is ${change.state}.`;
  }
  const steps = from >= 0 && to >= 0 ? ORDER.slice(from + 1, to + 1) : [wanted];
  const end = {
    close_code: closeCodes[change.state] ?? "successful",
    close_notes: change.closed === "" ? change.state : change.closed,
  };
  for (const state of steps) {
    const body = state === "3" ? { state, ...end } : { state };
    try {
      const path = `${TABLE}/${outside.id}?sysparm_fields=state&sysparm_display_value=false`;
      const answer = await ask({ method: "PATCH", path, body });
      const said = z
        .looseObject({ result: z.looseObject({ state: z.string() }) })
        .safeParse(answer);
      // Business rules may put a state back and answer 200 all the same.
      if (said.success && said.data.result.state !== state) {
        return `ServiceNow does not let the record into state ${state}; it waits for its own approvals or tasks.`;
      }
    } catch (cause) {
      if (!isRefusal(cause)) throw cause;
      return `ServiceNow does not let the record into state ${state}: ${cause.message}`;
    }
  }
  return null;
}
