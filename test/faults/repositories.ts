import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LabHost } from "../../lab/host.ts";
import type { Lab } from "../../lab/lab.ts";
import { run } from "../../lab/machine.ts";

/**
 * Repositories that went bad between the approval and the rollout, beside the lab's own one and
 * served by the same proxy: the index still promises what the pool no longer has, and a signature
 * whose time is over.
 */
export interface BadRepositories {
  /** Lets a host use one of them in place of the lab's own repository. */
  use(host: LabHost, which: "gone" | "expired"): Promise<void>;
  /** Lets a host trust the lab's own repository without looking at its signature. */
  trustBlindly(host: LabHost): Promise<void>;
}

const SOURCES = "/etc/apt/sources.list.d/fettle-lab.sources";

export async function makeBadRepositories(lab: Lab): Promise<BadRepositories> {
  const served = join(lab.record.runDir, "served/lab");
  for (const name of ["gone", "expired"]) {
    await run("mkdir", [join(served, name)]);
    await run("cp", ["-a", join(served, "dists"), join(served, name, "dists")]);
  }
  const key = await signExpired(join(served, "expired/dists/lab"));
  const write = async (host: LabHost, text: string): Promise<void> => {
    await host.must(["tee", SOURCES], { input: text });
    await host.must(["sh", "-c", "apt-get -q update || :"]);
  };
  const original = (host: LabHost): Promise<string> => host.must(["cat", SOURCES]);
  return {
    async use(host, which) {
      if (which === "expired")
        await host.must(["tee", "/etc/apt/keyrings/bad.gpg"], { input: key });
      const text = (await original(host)).replace(/^(URIs: .*)$/m, `$1/${which}`);
      const signed = which === "expired" ? text.replace("fettle-lab.gpg", "bad.gpg") : text;
      await write(host, signed);
      // What was fetched before the package vanished would still do.
      await host.must(["apt-get", "clean"]);
    },
    async trustBlindly(host) {
      const text = await original(host);
      await write(host, `${text.trimEnd()}\nTrusted: yes\n`);
    },
  };
}

/** Signs the release anew, as valid until a day ago, with a key made for this alone. */
async function signExpired(folder: string): Promise<Buffer> {
  const home = mkdtempSync(join(tmpdir(), "fg-"));
  const gpg = (...args: string[]): Promise<string> =>
    run("gpg", [
      "--homedir",
      home,
      "--batch",
      "--yes",
      "--quiet",
      "--pinentry-mode",
      "loopback",
      ...args,
    ]);
  try {
    const release = join(folder, "Release");
    const yesterday = new Date(Date.now() - 86_400_000).toUTCString().replace("GMT", "UTC");
    const text = readFileSync(release, "utf8");
    writeFileSync(release, text.replace(/^(Date: .*)$/m, `$1\nValid-Until: ${yesterday}`));
    await gpg(
      "--passphrase",
      "",
      "--quick-generate-key",
      "expired <e@localhost>",
      "ed25519",
      "sign",
      "never",
    );
    await gpg("--export", "--output", join(home, "key.gpg"));
    await gpg("--clearsign", "--output", join(folder, "InRelease"), release);
    return readFileSync(join(home, "key.gpg"));
  } finally {
    await run("gpgconf", ["--homedir", home, "--kill", "all"]);
    rmSync(home, { recursive: true, force: true });
  }
}
