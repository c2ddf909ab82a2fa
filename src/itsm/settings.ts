import { z } from "zod";
import { issueText } from "../base/issue-text.ts";
import { changeStates } from "../change/model.ts";
import type { Fields, ItsmKind, MirroredChange, Written } from "./model.ts";

/**
 * How changes are shown in a system: the fields of its records by templates, its states by ours, and
 * which of its states hold a change. Checked when it is set, never when it is used. Pure.
 */
const WORDS = [
  ...["id", "number", "state", "title", "reason", "backout", "class", "risk", "hosts", "plan"],
  ...["closed"],
] as const satisfies readonly (keyof MirroredChange)[];

const FIELD = /^[A-Za-z][A-Za-z0-9_]{0,79}$/;
/** Fields by which records are found again, and those that only the system's own people set. */
const RESERVED = [
  ...["correlation_id", "correlation_display", "approval", "sys_id", "number", "state"],
  ...["labels", "project", "issuetype", "status"],
];

const template = z
  .string()
  .max(2_000)
  .superRefine((text, context) => {
    for (const [, word = ""] of text.matchAll(/\{([^{}]*)\}/g)) {
      if ((WORDS as readonly string[]).includes(word)) continue;
      context.addIssue(`{${word}} is no word of a change; there are ${WORDS.join(", ")}`);
    }
  });

/** A text, one choice of a list (`{ name: High }`, as Jira writes it), or several texts. */
const fieldValue = z.union([
  template,
  z.strictObject({ name: template }),
  z.strictObject({ id: template }),
  z.strictObject({ value: template }),
  z.array(template).max(20),
]);
export type FieldValue = z.output<typeof fieldValue>;

const stateName = z.string().trim().min(1).max(80);
const fields = z
  .record(
    z
      .string()
      .regex(FIELD, "write the name of a field as the system's interface has it")
      .refine((name) => !RESERVED.includes(name), "this field is not for a mapping to set"),
    fieldValue,
  )
  .refine((map) => Object.keys(map).length <= 50, "at most 50 fields");
const eventPattern = z
  .string()
  .regex(/^!?(?:\*|[a-z][a-z-]*)\.(?:\*|[a-z][a-z-]*)$/, 'write events such as "rollout.*"');

const common = {
  fields: fields.default({}).describe("the system's fields, each a template with words in braces"),
  states: z
    .partialRecord(z.enum(changeStates as [string, ...string[]]), stateName)
    .default({})
    .describe("our states, each with the state there that goes with it"),
  holds: z
    .array(stateName)
    .max(20)
    .default(["On Hold", "Rejected", "Declined", "Canceled", "Cancelled"])
    .describe("states there in which no wave of the change opens"),
  notes: z
    .array(eventPattern)
    .min(1)
    .max(50)
    .default(["change.*", "approval.*", "rollout.*", "wave.*"])
    .describe("events that become notes"),
  pollSeconds: z.int().min(10).max(86_400).default(60),
};

const servicenow = z.strictObject({
  ...common,
  auth: z.enum(["basic", "oauth"]).default("basic"),
  type: z.enum(["normal", "standard", "emergency", "by-class"]).default("by-class"),
});
const jira = z.strictObject({
  ...common,
  project: z.string().regex(/^[A-Z][A-Z0-9_]{1,9}$/, "write the key of a project, such as OPS"),
  issueType: z.string().trim().min(1).max(80).default("Task"),
});
const webhook = z.strictObject(common);

const byKind = { servicenow, jira, webhook } as const;
export type ServicenowSettings = z.output<typeof servicenow>;
export type JiraSettings = z.output<typeof jira>;
export type WebhookSettings = z.output<typeof webhook>;
export type Settings = ServicenowSettings | JiraSettings | WebhookSettings;
export type CommonSettings = WebhookSettings;

/** Every fault in words, with its place; null when the settings are right. */
export function parseSettings(
  kind: ItsmKind,
  given: unknown,
): { readonly settings: Settings } | { readonly faults: readonly string[] } {
  const parsed = byKind[kind].safeParse(given);
  if (parsed.success) return { settings: parsed.data };
  return {
    faults: parsed.error.issues
      .flatMap(innermost)
      .slice(0, 20)
      .map(
        (issue) =>
          `settings${issue.path.map((part) => `.${String(part)}`).join("")}: ${issueText(issue)}`,
      ),
  };
}

/** Of a key, or of several forms that fit none, the reason itself. */
function innermost(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  const inner =
    issue.code === "invalid_key"
      ? issue.issues
      : issue.code === "invalid_union"
        ? (issue.errors.find(([first]) => first?.code === "custom") ?? [])
        : [];
  if (inner.length === 0) return [issue];
  return inner.map((one) => ({ ...one, path: [...issue.path, ...one.path] }));
}

/** Line breaks and control characters of what people and feeds wrote stay out of a one-line field. */
export function filled(value: string, change: MirroredChange): string {
  return value.replace(/\{([a-z]+)\}/g, (whole, word: string) => {
    const known = (WORDS as readonly string[]).includes(word);
    return known ? String(change[word as keyof MirroredChange]) : whole;
  });
}

export function filledField(value: FieldValue, change: MirroredChange): FieldValue {
  if (typeof value === "string") return filled(value, change);
  if (Array.isArray(value)) return value.map((one) => filled(one, change));
  const [[key, text] = ["name", ""]] = Object.entries(value) as [string, string][];
  return { [key]: filled(text, change) } as FieldValue;
}

/** Whether a record in this state holds the change. */
export function holdsChange(
  settings: Pick<CommonSettings, "holds">,
  outside: { readonly state: string; readonly isStopped: boolean },
): boolean {
  const state = outside.state.toLowerCase();
  return outside.isStopped || settings.holds.some((name) => name.toLowerCase() === state);
}

/** Fields that read otherwise than after we wrote them, in words; null when there are none. */
export function editedThere(written: Written | null, now: Fields): string | null {
  const then = written?.there ?? null;
  if (then === null) return null;
  const plain = (text: string): string => text.replace(/\s+/g, " ").trim();
  const edited = Object.keys(then).filter((field) => {
    const read = now[field];
    return field !== "state" && read !== undefined && plain(read) !== plain(then[field] ?? "");
  });
  return edited.length === 0 ? null : `Edited there: ${edited.sort().join(", ")}.`;
}
