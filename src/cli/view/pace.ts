import type { components } from "../../client/schema.d.ts";

type Sheet = components["schemas"]["PaceSheet"];

/** Speed beside stability, and what was decided between them. */
export function paceText(sheet: Sheet, names: ReadonlyMap<string, string>): string {
  const list = (lines: readonly string[]) => lines.map((line) => `  ${line}`);
  return [
    "Waiting exposes",
    ...list(sheet.speed),
    "The change may break",
    ...list(sheet.stability),
    ...(sheet.decisions.length === 0
      ? ["Nothing was decided yet."]
      : [
          "Decided",
          ...list(
            sheet.decisions.map(
              ({ at, by, choice, words }) =>
                `${at.slice(0, 16).replace("T", " ")}  ${names.get(by) ?? by}  ${choice}: ${words}`,
            ),
          ),
        ]),
  ].join("\n");
}
