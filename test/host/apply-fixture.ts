import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostProgram } from "../../src/reach/host-program.ts";
import {
  type BuiltPackage,
  buildPackage,
  type DemoPackage,
  initScript,
  makeSigner,
  publish,
  type Signer,
} from "./apply-packages.ts";
import { ensureBase, Root } from "./apply-root.ts";
import { Server } from "./apply-server.ts";

/** An enrolled host with demo packages at 1.0 and a signed repository that offers every version. */

const health = (status: string, text: string): string =>
  `#!/bin/sh\nprintf 'Status: ${status}\\r\\nContent-Type: text/plain\\r\\n\\r\\n${text}\\n'\n`;

const web = (version: string, depends: string, page: string): DemoPackage => ({
  name: "demo-web",
  version,
  arch: "all",
  depends,
  files: {
    "etc/init.d/demo-web": initScript("demo-web"),
    "usr/share/demo-web/www/cgi-bin/health": page,
  },
  postinst: "[ ! -r /etc/default/demo-web ] || /etc/init.d/demo-web start",
});

const killable = (version: string): DemoPackage => ({
  name: "demo-kill",
  version,
  preinst: "[ ! -x /etc/kill-preinst ] || /etc/kill-preinst",
  postinst: "[ ! -x /etc/kill-postinst ] || /etc/kill-postinst",
});

/** Long to unpack, slow to configure, and another package waits for its files. */
const many = (version: string): DemoPackage => ({
  name: "demo-many",
  version,
  arch: "all",
  files: Object.fromEntries(
    Array.from({ length: 150 }, (_, at) => [`usr/share/demo-many/${at}`, `${version} ${at}\n`]),
  ),
  postinst: "sleep 0.1",
});

const DEMO: readonly DemoPackage[] = [
  { name: "libdemo", version: "1.0" },
  { name: "libdemo", version: "2.0" },
  web("1.0", "libdemo (= 1.0)", health("200 OK", "ok 1.0")),
  web("2.0", "libdemo (= 2.0)", health("200 OK", "ok 2.0")),
  web("3.0", "libdemo (= 1.0)", health("500 Broken", "broken 3.0")),
  { name: "demo-bad", version: "1.0" },
  { name: "demo-bad", version: "2.0", postinst: 'echo "no" >&2; exit 1' },
  { name: "demo-slow", version: "1.0" },
  { name: "demo-slow", version: "2.0", postinst: "sleep 300" },
  conf("1.0", "colour = red\n"),
  conf("2.0", "colour = green\n"),
  killable("1.0"),
  killable("2.0"),
  many("1.0"),
  many("2.0"),
  {
    name: "demo-hook",
    version: "1.0",
    arch: "all",
    control: { triggers: "interest-await /usr/share/demo-many" },
    postinst: [
      'if [ "$1" = triggered ]; then',
      "  sleep 0.05",
      "  ! cmp -s /etc/trigger-fails /usr/share/demo-many/version || exit 1",
      "fi",
    ].join("\n"),
  },
  { name: "demo-new", version: "1.0", arch: "all" },
  // Kept out of the repository: a dependency that no source offers and no body names.
  { name: "demo-need", version: "1.0" },
  { name: "demo-need", version: "2.0", depends: "demo-new" },
];

/** A changed conffile, a debconf question and a script that reads its standard input. */
function conf(version: string, text: string): DemoPackage {
  const ask =
    ". /usr/share/debconf/confmodule\ndb_input critical demo-conf/colour || true\ndb_go || true";
  return {
    name: "demo-conf",
    version,
    arch: "all",
    files: { "etc/demo-conf.conf": text },
    conffiles: ["/etc/demo-conf.conf"],
    control: {
      templates:
        "Template: demo-conf/colour\nType: string\nDefault: blue\nDescription: Which colour?\n Any.\n",
      config: ask,
      preinst: 'read -r answer || echo "end of input" >>/var/log/demo-conf',
    },
  };
}

export interface Fixture {
  readonly folder: string;
  readonly signer: Signer;
  readonly server: Server;
  readonly layers: readonly string[];
  readonly layer: Root;
  readonly packages: readonly BuiltPackage[];
}

export async function makeFixture(): Promise<Fixture> {
  const base = await ensureBase();
  const folder = mkdtempSync(join(tmpdir(), "fettle-apply-made-"));
  const signer = await makeSigner(folder);
  const server = new Server();
  const layer = await Root.over([base]);
  const repository = layer.at("srv/repo");
  mkdirSync(repository, { recursive: true, mode: 0o755 });
  const packages: BuiltPackage[] = [];
  for (const demo of DEMO) packages.push(await buildPackage(repository, demo));
  await publish(repository, signer);
  layer.write("usr/share/keyrings/demo.asc", signer.publicKey);
  await layer.sh("rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*; mkdir -p /etc/fettle");
  layer.write("etc/apt/sources.list.d/demo.list", SOURCE);
  const installed = packages.filter((p) => p.version === "1.0" && p.name !== "demo-new");
  await layer.sh(
    `apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy install ${installed
      .map((p) => `${p.name}=1.0`)
      .join(" ")} && apt-mark auto libdemo && rm -f /var/log/effects`,
  );
  layer.write("usr/sbin/fettle-host", hostProgram(), 0o755);
  layer.write("etc/fettle/limits", "packages 30\nask 3\nsettle 5\n");
  await server.enrol(layer);
  await layer.close({ keepUpper: true });
  return { folder, signer, server, layers: [layer.upper, base], layer, packages };
}

export const SOURCE = "deb [signed-by=/usr/share/keyrings/demo.asc] file:/srv/repo ./\n";

export async function dropFixture(fixture: Fixture): Promise<void> {
  await fixture.layer.close();
  rmSync(fixture.folder, { recursive: true, force: true });
}

/** A fresh host of the fixture, its web server running on a free port. */
export async function aRoot(fixture: Fixture): Promise<Root> {
  const root = await Root.over(fixture.layers);
  const port = await freePort();
  root.write("etc/default/demo-web", `PORT=${port}\n`);
  root.write(
    "etc/fettle/probes.d/web",
    `http http://127.0.0.1:${port}/cgi-bin/health 200 ok\ntries 2\ntimeout 5\n`,
  );
  await root.sh("/etc/init.d/demo-web start </dev/null >/dev/null 2>&1");
  return root;
}

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });
}

/** `VERB NAME ARCH FROM TO SHA256` of a move between two versions of a demo package. */
export function move(fixture: Fixture, name: string, from: string, to: string): string {
  const find = (version: string) =>
    fixture.packages.find((p) => p.name === name && p.version === version);
  const made = find(to) ?? find(from);
  const sha256 = to === "-" ? "-" : (find(to)?.sha256 ?? "");
  const verb =
    to === "-" ? "remove" : from === "-" ? "install" : from < to ? "upgrade" : "downgrade";
  return `${verb} ${name} ${made?.arch} ${from} ${to} ${sha256}`;
}

/** Numbered steps, and the way back for the package steps among them. */
export function bodyOf(
  fixture: Fixture,
  steps: readonly (string | [string, string, string])[],
): string[] {
  const text = (step: string | [string, string, string]): string =>
    typeof step === "string" ? step : move(fixture, ...step);
  return [
    ...steps.map((step, at) => `step ${at + 1} ${text(step)}`),
    ...steps.flatMap((step, at) => {
      if (typeof step === "string") return [];
      const [name, from, to] = step;
      return [`undo ${at + 1} ${move(fixture, name, to, from)}`];
    }),
  ];
}

/** The body with another transaction from each of these steps on. */
export function inTurns(body: readonly string[], ...from: number[]): string[] {
  const steps = body.filter((line) => line.startsWith("step "));
  const transactions = from.map((at) => `transaction ${at}`);
  return [...steps, ...transactions, ...body.slice(steps.length)];
}
