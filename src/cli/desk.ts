import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { Failure } from "../base/failure.ts";
import { type Cli, say, show } from "./cli.ts";
import { deskFiles, deskHeaders, deskManifest } from "./desk-files.ts";
import { readNamedText } from "./read-file.ts";

/** The approval desk: static files for another machine than the server's (docs/signing.md). */
export function registerDesk(program: Command, cli: Cli): void {
  const desk = program
    .command("desk")
    .description("The approval desk: its files, and serving them");
  desk
    .command("build <folder>")
    .description("Write the desk's files into an empty folder, with their SHA-256")
    .action(async (folder: string) => {
      const from = builtDesk(cli);
      const to = resolve(folder);
      mkdirSync(to, { recursive: true });
      if (readdirSync(to).length > 0) {
        throw new Failure("conflict", `${to} is not empty. Give a new folder.`);
      }
      for (const { name } of deskFiles) cpSync(join(from, name), join(to, name));
      const manifest = deskManifest(readDesk(to));
      writeFileSync(join(to, "SHA256SUMS"), manifest);
      const digest = createHash("sha256").update(manifest).digest("hex");
      show(
        cli,
        { folder: to, manifest: digest },
        () => `${to}: SHA256SUMS has the SHA-256 ${digest}`,
      );
    });
  desk
    .command("serve <folder>")
    .description("Serve a built desk; passkeys are bound to the name that browsers use for it")
    .option("--host <address>", "where to listen", "127.0.0.1")
    .option("--port <number>", "at which port", "7780")
    .option("--cert <file>", "certificate (PEM); without it a proxy must speak TLS")
    .option("--key <file>", "its private key (PEM)")
    .action(async (folder: string, flags: ServeFlags) => serve(cli, resolve(folder), flags));
}

interface ServeFlags {
  readonly host: string;
  readonly port: string;
  readonly cert?: string;
  readonly key?: string;
}

/** A clone builds it into `dist`; an installed package brings it along. */
function builtDesk(cli: Cli): string {
  const places = [join(cli.clone, "dist/desk"), join(cli.clone, "desk")];
  const found = places.find((place) => existsSync(join(place, "desk.js")));
  if (found !== undefined) return found;
  throw new Failure("blocked", "The desk of this program is not built. Run: npm run build:pages");
}

function readDesk(folder: string): ReadonlyMap<string, Buffer> {
  return new Map(
    deskFiles.map(({ name }) => {
      const file = join(folder, name);
      if (existsSync(file)) return [name, readFileSync(file)] as const;
      throw new Failure("not-found", `There is no desk in ${folder}: ${name} is missing.`);
    }),
  );
}

/** Read whole before it listens, so what was checked is what is served, and no path reaches a disk. */
async function serve(cli: Cli, folder: string, flags: ServeFlags): Promise<void> {
  const files = readDesk(folder);
  if (readNamedText(join(folder, "SHA256SUMS"), "The manifest") !== deskManifest(files)) {
    throw new Failure("blocked", `The files in ${folder} are not those of its SHA256SUMS.`);
  }
  if ((flags.cert === undefined) !== (flags.key === undefined)) {
    throw new Failure("invalid", "Give --cert and --key together.");
  }
  const port = Number(flags.port);
  if (!/^\d{1,5}$/.test(flags.port) || port > 65_535) {
    throw new Failure("invalid", `--port wants a number to 65535, not ${flags.port.slice(0, 16)}.`);
  }
  const listener = answering(files);
  const server =
    flags.cert === undefined || flags.key === undefined
      ? createServer(listener)
      : createTlsServer(
          {
            cert: readNamedText(flags.cert, "The certificate"),
            key: readNamedText(flags.key, "The private key"),
          },
          listener,
        );
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen(port, flags.host, done);
  }).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : "unknown";
    throw new Failure("blocked", `The desk cannot listen on ${flags.host}:${port}: ${why}`, {
      cause,
    });
  });
  const address = server.address();
  const at = typeof address === "object" && address !== null ? address.port : port;
  say(
    cli,
    `The desk is served at ${flags.cert === undefined ? "http" : "https"}://${flags.host}:${at}/`,
  );
  await new Promise<void>((done) => {
    process.once("SIGTERM", done);
    process.once("SIGINT", done);
  });
  server.closeAllConnections();
  server.close();
}

function answering(files: ReadonlyMap<string, Buffer>): RequestListener {
  return (request, reply) => {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    const name = path === "/" ? "index.html" : path.slice(1);
    const known = deskFiles.find((file) => file.name === name);
    const bytes = files.get(name);
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (known === undefined || bytes === undefined || !isRead) {
      reply.writeHead(isRead ? 404 : 405, deskHeaders).end();
      return;
    }
    reply.writeHead(200, { ...deskHeaders, "content-type": known.type });
    reply.end(request.method === "HEAD" ? undefined : bytes);
  };
}
