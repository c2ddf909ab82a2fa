import { writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { Failure } from "../base/failure.ts";
import { durationFromText, MINUTE_MS } from "../base/instant.ts";
import { MINUTES_MAX, MINUTES_MIN } from "../change/elevation.ts";
import { ask } from "../client/client.ts";
import { type Cli, show } from "./cli.ts";
import { readNamedText } from "./read-file.ts";
import { elevationTable, elevationText, lentText } from "./view/elevation.ts";
import { clockText } from "./view/when.ts";

/** Just-in-time elevation: being lent the rights to carry one change out, for a time. */
export function registerElevation(program: Command, cli: Cli): void {
  const elevation = program
    .command("elevation")
    .description("Rights over one change, lent to somebody for a time");
  elevation
    .command("ask <change>")
    .description("Ask to be lent the rights to carry a change out; another person decides")
    .requiredOption("--reason <text>", "why you, and why now")
    .option("--for <time>", "for how long, 5m to 8h", "1h")
    .action(async (change: string, flags: { reason: string; for: string }) => {
      const params = { path: { change } };
      const body = { reason: flags.reason, minutes: minutesOf(flags.for) };
      const path = "/api/v1/changes/{change}/elevations" as const;
      const asked = await ask(cli.client().POST(path, { params, body }));
      show(
        cli,
        asked,
        () =>
          `${asked.number} asks for ${asked.change}. An approver decides: fettle elevation approve ${asked.number}`,
      );
    });
  elevation
    .command("list")
    .description("Elevations over hosts you may see, and your own, newest first")
    .option("--change <change>", "only over this one")
    .option("--open", "only those that are asked for or granted")
    .action(async (flags: { change?: string; open?: true }) => {
      const query = {
        ...(flags.change === undefined ? {} : { change: flags.change }),
        ...(flags.open === true ? { open: "true" } : {}),
      };
      const list = await ask(cli.client().GET("/api/v1/elevations", { params: { query } }));
      show(cli, list, () => elevationTable(list.items, cli.clock()));
    });
  elevation
    .command("show <elevation>")
    .description("One elevation: who asked, why, who decided, and until when it counts")
    .action(async (ref: string) => {
      const params = { path: { elevation: ref } };
      const one = await ask(cli.client().GET("/api/v1/elevations/{elevation}", { params }));
      show(cli, one, () => elevationText(one, cli.clock()));
    });
  registerDecisions(elevation, cli);
  registerCertificate(elevation, cli);
}

function registerDecisions(elevation: Command, cli: Cli): void {
  elevation
    .command("approve <elevation>")
    .description("Lend what somebody else asked for; needs a proof of who you are")
    .option("--reason <text>", "what you say to it")
    .action(async (ref: string, { reason }: { reason?: string }) => {
      const body = reason === undefined ? {} : { words: reason };
      const params = { path: { elevation: ref } };
      const path = "/api/v1/elevations/{elevation}/grant" as const;
      const granted = await ask(cli.client().POST(path, { params, body }));
      show(cli, granted, () => lentText(granted, cli.clock()));
    });
  for (const verb of ["refuse", "revoke"] as const) {
    elevation
      .command(`${verb} <elevation>`)
      .description(endings[verb])
      .requiredOption("--reason <text>", "why")
      .action(async (ref: string, { reason }: { reason: string }) => {
        const body = { words: reason };
        const params = { path: { elevation: ref } };
        const path = `/api/v1/elevations/{elevation}/${verb}` as const;
        const over = await ask(cli.client().POST(path, { params, body }));
        show(cli, over, () => `${over.number} is ${over.state}.`);
      });
  }
  elevation
    .command("give-up <elevation>")
    .description("Give your own back, or take back what you asked for")
    .action(async (ref: string) => {
      const params = { path: { elevation: ref } };
      const path = "/api/v1/elevations/{elevation}/give-up" as const;
      const over = await ask(cli.client().POST(path, { params, body: {} }));
      show(cli, over, () => `${over.number} is ${over.state}.`);
    });
}

const endings = {
  refuse: "Say no to somebody who asked",
  revoke: "Take one away at once; who may halt on one of its hosts can",
} as const;

interface CertificateFlags {
  readonly host: string;
  readonly key: string;
}

function registerCertificate(elevation: Command, cli: Cli): void {
  elevation
    .command("certificate <elevation>")
    .description("Have your own SSH key signed for one host of the change, for minutes")
    .requiredOption("--host <host>", "the host")
    .requiredOption("--key <file>", "your public key, such as ~/.ssh/id_ed25519.pub")
    .action(async (ref: string, { host, key }: CertificateFlags) => {
      const file = key.startsWith("~/") ? join(homedir(), key.slice(2)) : key;
      if (!file.endsWith(".pub")) {
        throw new Failure("invalid", `${key} is no public key: its name ends with .pub.`);
      }
      const publicKey = readNamedText(file, "The public key").trim();
      const params = { path: { elevation: ref } };
      const body = { host, publicKey };
      const path = "/api/v1/elevations/{elevation}/certificate" as const;
      const issued = await ask(cli.client().POST(path, { params, body }));
      const to = `${file.slice(0, -".pub".length)}-cert.pub`;
      writeFileSync(to, `${issued.certificate}\n`, { mode: 0o600 });
      show(
        cli,
        issued,
        () =>
          `${to} is good for ${issued.host} until ${clockText(issued.until)} (serial ${issued.serial}). Sign in: ssh -i ${file.slice(0, -4)} -p ${issued.port} USER@${issued.address}`,
      );
    });
}

function minutesOf(text: string): number {
  const lasts = durationFromText(text);
  const minutes = Math.floor((lasts ?? 0) / MINUTE_MS);
  if (minutes >= MINUTES_MIN && minutes <= MINUTES_MAX) return minutes;
  if (lasts !== null) throw new Failure("invalid", "Rights are lent for 5m to 8h. Write --for 2h.");
  throw new Failure("invalid", `${JSON.stringify(text.slice(0, 40))} is no time. Write 45m or 2h.`);
}
