import type { Argument, Command, Option } from "commander";

/**
 * The command tree as data for completions: every command with its flags and what each value may be.
 * Pure; nothing here is written twice, so a new command is completed the day it is added.
 */
export interface CompletionNode {
  /** Words behind `fettle`; empty for the program itself. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly says: string }[];
  readonly flags: readonly CompletionFlag[];
  /** What stands at each place; the last one repeats where `isVariadic`. */
  readonly places: readonly CompletionValue[];
  readonly isVariadic: boolean;
}

export interface CompletionFlag {
  readonly short: string | null;
  readonly long: string;
  readonly says: string;
  /** Null for a flag without a value. */
  readonly value: CompletionValue | null;
}

export type CompletionValue =
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  | { readonly kind: "name"; readonly of: NameKind }
  | { readonly kind: "file" }
  | { readonly kind: "text" };

/** Things on the server whose names can be completed. */
export const nameKinds = [
  "hosts",
  "services",
  "patches",
  "changes",
  "rollouts",
  "plans",
  "users",
] as const;
export type NameKind = (typeof nameKinds)[number];

const namesOf: Readonly<Record<string, NameKind>> = {
  host: "hosts",
  hosts: "hosts",
  service: "services",
  case: "patches",
  change: "changes",
  rollout: "rollouts",
  digest: "plans",
  plan: "plans",
  handle: "users",
};

/** Words that mean something else under one noun, or something new that no list holds. */
const exceptions: Readonly<Record<string, NameKind | "text">> = {
  "host add name": "text",
  "host label name": "hosts",
  "host show name": "hosts",
  "host remove name": "hosts",
  "host status name": "hosts",
  "host trust name": "hosts",
  "host scan names": "hosts",
  "host enrol names": "hosts",
  "plan diff from": "plans",
  "plan diff to": "plans",
  "user add handle": "text",
  "service add name": "text",
  "setup handle": "text",
};

const roles = ["viewer", "auditor", "operator", "approver", "publisher", "admin"] as const;

export function completionTree(program: Command): readonly CompletionNode[] {
  return nodesOf(program, [], []);
}

function nodesOf(
  command: Command,
  words: readonly string[],
  inherited: readonly CompletionFlag[],
): CompletionNode[] {
  const path = words.join(" ");
  const own = command.options
    .filter((option) => !option.hidden)
    .map((option) => flagOf(option, path));
  const flags = [...own, ...inherited];
  const children = command.commands.filter((child) => !isHidden(child));
  const node: CompletionNode = {
    path,
    commands: children.map((child) => ({ name: child.name(), says: child.description() })),
    flags: [...flags, { short: "-h", long: "--help", says: "Say how it is used", value: null }],
    places: command.registeredArguments.map((argument) => placeOf(argument, path)),
    isVariadic: command.registeredArguments.at(-1)?.variadic ?? false,
  };
  return [node, ...children.flatMap((child) => nodesOf(child, [...words, child.name()], flags))];
}

function isHidden(command: Command): boolean {
  return (command as Command & { readonly _hidden?: boolean })._hidden === true;
}

function flagOf(option: Option, path: string): CompletionFlag {
  const argument = /[<[]([^>\]]+)[>\]]/.exec(option.flags)?.[1];
  return {
    short: option.short ?? null,
    long: option.long ?? option.short ?? "",
    says: option.description,
    value:
      argument === undefined
        ? null
        : wantedBy({ path, choices: option.argChoices, word: argument }),
  };
}

function placeOf(argument: Argument, path: string): CompletionValue {
  const word = argument.name();
  if (path === "explain") return { kind: "choice", choices: ["host", "patch"] };
  return wantedBy({ path, choices: argument.argChoices, word });
}

function wantedBy(of: {
  readonly path: string;
  readonly choices: readonly string[] | undefined;
  readonly word: string;
}): CompletionValue {
  const word = of.word.replace(/\.\.\.$/, "");
  if (of.choices !== undefined) return { kind: "choice", choices: of.choices };
  if (/\b(file|files|folder)\b/.test(word)) return { kind: "file" };
  if (word.startsWith("role")) return { kind: "choice", choices: roles };
  const name = exceptions[`${of.path} ${word}`] ?? namesOf[word] ?? "text";
  return name === "text" ? { kind: "text" } : { kind: "name", of: name };
}

/**
 * The only names that a completion offers: what a shell takes as one plain word, whatever shell it
 * is. Others must be typed and quoted by hand.
 */
export function isPlainName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name);
}
