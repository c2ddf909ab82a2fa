import { instantToText } from "../base/instant.ts";
import type { Cli } from "./cli.ts";
import { LiveScreen } from "./live-screen.ts";
import type { Line } from "./view/span.ts";
import { safeText } from "./view/table.ts";

/**
 * How long work is shown: drawn in place for people at a terminal, one line for each thing that
 * happened elsewhere, one JSON object a line for programs; with YAML only the end, as one document.
 */
export interface Progress<Event extends { readonly at: string }> {
  readonly mode: "live" | "lines" | "json" | "silent";
  /** Things that happened: lines and JSON. */
  tell(events: readonly Event[]): void;
  /** The picture as it is now: terminals. */
  draw(lines: readonly Line[]): void;
  /** Gives the terminal back; the last picture stays. */
  close(): void;
}

export function openProgress<Event extends { readonly at: string }>(
  cli: Cli,
  sentence: (event: Event) => string,
): Progress<Event> {
  const { terminal } = cli;
  const mode = modeOf(cli);
  const screen = new LiveScreen(terminal);
  return {
    mode,
    tell(events) {
      for (const event of events) {
        if (mode === "json") terminal.out(`${JSON.stringify(event)}\n`);
        if (mode === "lines") terminal.out(`${logClock(event.at)} ${safeText(sentence(event))}\n`);
      }
    },
    draw(lines) {
      if (mode === "live") screen.draw(lines);
    },
    close: () => screen.close(),
  };
}

function modeOf(cli: Cli): Progress<never>["mode"] {
  const output = cli.output();
  if (output === "json") return "json";
  if (output === "yaml") return "silent";
  return cli.terminal.isInteractive ? "live" : "lines";
}

/** When something was seen, for an event made here. */
export function seenAt(cli: Cli): string {
  return instantToText(cli.clock());
}

/** `2026-11-21 22:41:03Z`: a log needs the day too. */
function logClock(at: string): string {
  return at.replace("T", " ").replace(/\.\d+Z$/, "Z");
}
