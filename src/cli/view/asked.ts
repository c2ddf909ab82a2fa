import type { paths } from "../../client/schema.d.ts";
import { safeText } from "./table.ts";
import { clockText } from "./when.ts";

type Asked =
  paths["/api/v1/asked"]["get"]["responses"][200]["content"]["application/json"]["items"][number];

/** Each with its words and the command that says yes. */
export function askedText(items: readonly Asked[]): string {
  const lines = items.flatMap((one) => [
    `${one.number}  ${safeText(one.by)} asked ${clockText(one.at)}: ${safeText(one.title)}`,
    `  ${safeText(one.words)}`,
    `  ${answerTo(one)} --reason "why"`,
  ]);
  return ["Also asked of you:", ...lines].join("\n");
}

function answerTo({ kind, number }: Asked): string {
  if (kind === "elevation") return `fettle elevation approve ${number}`;
  if (/^R-\d+$/.test(number)) return `fettle rollout agree ${number}`;
  return `fettle halt agree ${number}`;
}
