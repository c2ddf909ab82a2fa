import { choicesOfBytes } from "../src/change/weaker-choices.ts";
import type { SignedView } from "../src/plan/signed-view.ts";
import { hostsToText, permitToText, revertToText, type Statement } from "../src/plan/statement.ts";
import { element, type Part, section, table } from "./dom.ts";

/** What a signature would cover, counted here from the documents alone; no word of a server's. */
export function shownPlan(
  statement: Statement,
  view: SignedView,
  text: string,
): readonly HTMLElement[] {
  const choices = choicesOfBytes(view, statement);
  return [
    section(
      "What exactly is signed",
      table(
        ["Field", "As signed"],
        [
          ["Digest", view.digest],
          ["Change", statement.change],
          ["Asked by", statement.requester],
          ["Class", statement.class],
          ["Hosts", `${view.hosts} (${hostsToText(statement.hosts)})`],
          ["Without a way back", String(view.hostsWithoutUndo)],
          ["Permit", permitToText(statement.permit)],
          ["Revert", revertToText(statement.revert)],
          ["Attempts", String(statement.attempts)],
          ["Replaces", statement.supersedes.join(", ") || "no plan"],
          ["Title, as decoration", statement.title],
        ],
      ),
      moves(view),
      ...list(
        "Restarts",
        view.restarts.map(({ unit, hosts }) => `${unit} on ${hosts} hosts`),
      ),
      ...list(
        "Probes",
        view.probes.map(({ name, hosts }) => `${name} on ${hosts} hosts`),
      ),
      ...list(
        "Other steps",
        view.others.map(({ step, hosts }) => `${step} on ${hosts} hosts`),
      ),
      table(
        ["Wave", "Ring", "Hosts", "Not before (UTC)", "Not after (UTC)"],
        view.waves.map((wave) => [
          String(wave.number),
          wave.ring,
          String(wave.hosts),
          timeText(wave.notBefore),
          timeText(wave.notAfter),
        ]),
      ),
    ),
    section(
      "What its choices give up",
      ...(choices.length === 0
        ? ["Nothing that its bytes tell."]
        : [
            table(
              ["Choice", "Gives up"],
              choices.map((one) => [one.choice, one.givesUp]),
            ),
          ]),
    ),
    section("The bytes", element("pre", {}, text)),
  ];
}

function moves(view: SignedView): HTMLElement {
  return table(
    ["Does", "Package", "From", "To", "Hosts", "SHA-256 of the file"],
    view.moves.map((move) => [
      move.verb,
      `${move.name}:${move.arch}`,
      move.from,
      move.to,
      String(move.hosts),
      move.sha256,
    ]),
  );
}

function list(title: string, items: readonly string[]): readonly Part[] {
  return items.length === 0 ? [] : [element("p", {}, `${title}: ${items.join("; ")}`)];
}

function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace("T", " ").replace(".000Z", "");
}
