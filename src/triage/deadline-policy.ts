import { z } from "zod";
import { type Digest, sha256 } from "../base/digest.ts";
import { Failure } from "../base/failure.ts";
import { parseSelector, type Selector } from "../base/labels.ts";
import { parseYaml, strictFields } from "../base/yaml-text.ts";
import type { PolicyKind } from "../policy/policy-kind.ts";
import type { Preset } from "./deadline-preset.ts";
import { presetOf, presets } from "./deadline-presets.ts";

/**
 * The deadline policy: which presets count on which hosts, whose score counts, what exposed means and
 * when a clock stands still. A file that is half understood decides nothing.
 */
export const scoreSources = ["vendor", "cna", "adp", "nvd"] as const;
export type ScoreSource = (typeof scoreSources)[number];

/** The longest list that people still read; also the bits by which hosts are told apart. */
const PRESETS_MAX = 16;

const selector = z
  .string('write a label expression such as "scope=pci"')
  .transform((text, context): Selector => {
    try {
      return parseSelector(text);
    } catch (cause) {
      if (!(cause instanceof Failure)) throw cause;
      context.addIssue(cause.message);
      return z.NEVER;
    }
  });

/** "Exposed" and "internal" must say something: an empty expression would quietly mean every host. */
const someHosts = selector.refine((requirements) => requirements.length > 0, {
  message: "name the hosts by a label expression such as exposure=public",
});

const presetName = z.string().transform((text, context): Preset => {
  const preset = presetOf(text);
  if (preset !== null) return preset;
  context.addIssue(`no preset is called that; known are ${presets.map(({ id }) => id).join(", ")}`);
  return z.NEVER;
});

const enabled = strictFields({ preset: presetName, hosts: selector.optional() }).transform(
  ({ preset, hosts }) => ({ preset, hosts: hosts ?? [] }),
);

const pause = strictFields({
  presets: z.array(presetName).min(1).max(PRESETS_MAX),
  while: z.literal("no-fix-offered"),
  // biome-ignore lint/suspicious/noThenProperty: the word of the file; nobody awaits a policy.
  then: z.enum(["resume", "restart"]),
}).transform((rule) => ({
  presets: rule.presets.map(({ id }) => id),
  mode: rule.then,
}));

export const deadlineFileSchema = strictFields({
  kind: z.literal("deadlines"),
  presets: z.array(enabled).min(1).max(PRESETS_MAX),
  scores: z
    .array(z.enum(scoreSources))
    .min(1)
    .refine((list) => new Set(list).size === list.length, { message: "each source once" }),
  exposed: someHosts,
  internal: someHosts,
  pauses: z.array(pause).max(PRESETS_MAX).default([]),
})
  .refine(
    ({ presets: list }) => new Set(list.map(({ preset }) => preset.id)).size === list.length,
    { message: "a preset stands here twice", path: ["presets"] },
  )
  .refine(
    ({ pauses }) => {
      const named = pauses.flatMap((rule) => rule.presets);
      return new Set(named).size === named.length;
    },
    { message: "two pauses name the same preset", path: ["pauses"] },
  );

type Fields = z.output<typeof deadlineFileSchema>;

export interface EnabledPreset {
  readonly preset: Preset;
  /** Empty for all hosts. */
  readonly hosts: Selector;
}

export interface PauseRule {
  readonly presets: readonly string[];
  readonly mode: "resume" | "restart";
}

export interface DeadlinePolicy {
  readonly file: string;
  readonly version: Digest;
  readonly presets: readonly EnabledPreset[];
  readonly scores: readonly ScoreSource[];
  readonly exposed: Selector;
  readonly internal: Selector;
  readonly pauses: readonly PauseRule[];
}

/** Throws `invalid` with every fault and its line. */
export function parseDeadlines(text: string, file: string): DeadlinePolicy {
  const { kind: _, ...fields }: Fields = parseYaml(deadlineFileSchema, text, file);
  return { ...fields, file, version: sha256(text) };
}

/** The published schema of the file, for editors; the rules above say more than it can. */
export function deadlinesJsonSchema(): unknown {
  return z.toJSONSchema(deadlineFileSchema, { io: "input", target: "draft-2020-12" });
}

export const deadlinesKind: PolicyKind = {
  kind: "deadlines",
  name: "deadlines.yaml",
  decides: "By when what is found must be gone, and when a clock stands still.",
  parse: parseDeadlines,
  isApplied: true,
};
