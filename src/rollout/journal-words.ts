/**
 * What a host is doing, in words, from a line of its journal (host protocol §7.5) as it is kept:
 * `STATE fact… note=text`. The line is the host's and unsigned; an unknown one is shown as it is.
 */
export function journalToText(line: string): string {
  const { state, facts, note } = partsOf(line);
  switch (state) {
    case "RECEIVED":
      return "received the job; checks and fetches packages";
    case "STAGED":
    case "SNAPSHOT":
      return "waits for its permit";
    case "NOT_STARTED":
      return `did not start${because(note)}; asks again`;
    case "APPLYING":
      return applyingToText(facts);
    case "APPLIED":
      return appliedToText(facts);
    case "REBOOTING":
      return "restarts the machine";
    case "VERIFYING":
      return facts.has("probe")
        ? `runs probe ${facts.get("probe")}`
        : "looks whether everything runs as before";
    case "NOTE":
      return note === "" ? "goes on" : note;
    default:
      return endToText(state, facts, note) ?? line;
  }
}

function applyingToText(facts: Facts): string {
  if (facts.has("undo")) return "puts the earlier versions back";
  if (facts.has("revert")) return "takes the patch back, as ordered";
  const name = facts.get("name") ?? "";
  switch (facts.get("verb")) {
    case "packages":
      return "installs packages";
    case "restart":
      return `restarts ${name.replace(/\.service$/, "")}`;
    case "run":
      return `runs hook ${name}`;
    case "hold":
      return `holds ${name} at its version`;
    case "reboot":
      return "is about to restart the machine";
    default:
      return "changes something";
  }
}

function appliedToText(facts: Facts): string {
  if (facts.has("undo")) return "has put the earlier versions back";
  if (facts.has("probe")) return `probe ${facts.get("probe")} passed`;
  if (facts.get("verb") === "reboot") return "is back after its restart";
  // Only the package steps are one unit of several.
  if (facts.has("last")) return "installed the packages";
  return `finished step ${facts.get("step") ?? "?"}`;
}

function endToText(state: string, facts: Facts, note: string): string | null {
  const code = facts.get("code");
  const why = `${code === undefined ? "" : ` with ${code}`}${because(note)}`;
  switch (state) {
    case "DONE":
      return "reports that it is done";
    case "NOOP":
      return "has everything already";
    case "FAILED":
      return `failed${why}`;
    case "ROLLED_BACK":
      return `is back at its earlier versions${code === undefined ? "" : ` after ${code}`}`;
    case "HELD":
      return `holds${why}`;
    case "REFUSED":
      return `refused${why}`;
    default:
      return null;
  }
}

function because(note: string): string {
  return note === "" ? "" : `: ${note}`;
}

type Facts = ReadonlyMap<string, string>;

/** `note=` is always the last fact and may hold spaces. */
function partsOf(line: string): { state: string; facts: Facts; note: string } {
  const at = line.indexOf(" note=");
  const note = at < 0 ? "" : line.slice(at + " note=".length).trim();
  const [state = "", ...words] = (at < 0 ? line : line.slice(0, at)).split(" ");
  const facts = words.flatMap((word): readonly [string, string][] => {
    const split = word.indexOf("=");
    return split < 1 ? [] : [[word.slice(0, split), word.slice(split + 1)]];
  });
  return { state, facts: new Map(facts), note };
}
