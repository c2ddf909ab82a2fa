import { Failure } from "../src/base/failure.ts";
import { isPresent, run } from "./machine.ts";

/** The programs that the lab needs on the machine, and the Debian packages that have them. */
const needed: readonly { readonly program: string; readonly package: string }[] = [
  { program: "/usr/bin/mmdebstrap", package: "mmdebstrap" },
  { program: "/usr/sbin/nginx", package: "nginx-light" },
  { program: "/usr/bin/ssh", package: "openssh-client" },
  { program: "/usr/sbin/sshd", package: "openssh-server" },
  { program: "/usr/sbin/ip", package: "iproute2" },
  { program: "/usr/sbin/nft", package: "nftables" },
  { program: "/usr/bin/unshare", package: "util-linux" },
  { program: "/usr/bin/nsenter", package: "util-linux" },
  { program: "/usr/bin/apt-ftparchive", package: "apt-utils" },
  { program: "/usr/bin/dpkg-deb", package: "dpkg" },
  { program: "/usr/bin/gpg", package: "gpg" },
  { program: "/usr/bin/gpg-agent", package: "gpg-agent" },
];

/** Packages whose installation starts a service; the lab wants their programs only. */
const services: Readonly<Record<string, string>> = {
  "nginx-light": "nginx",
  "openssh-server": "ssh",
};

export async function missingLabPackages(): Promise<readonly string[]> {
  const found = await Promise.all(
    needed.map(async (entry) => ((await isPresent(entry.program)) ? [] : [entry.package])),
  );
  return [...new Set(found.flat())].sort();
}

export async function requireLabPackages(): Promise<void> {
  const missing = await missingLabPackages();
  if (missing.length === 0) return;
  throw new Failure(
    "unavailable",
    `The lab needs Debian packages that are not installed: ${missing.join(", ")}. Install them with: node lab/main.ts install`,
    { facts: { missing } },
  );
}

/**
 * Installs what is missing and returns it. No service is started by that, now or at the next boot:
 * while apt runs, and only for it, the two programs that start services are covered by one that
 * does nothing.
 */
export async function installLabPackages(say: (text: string) => void): Promise<readonly string[]> {
  const missing = await missingLabPackages();
  if (missing.length === 0) return [];
  say(`installing Debian packages: ${missing.join(", ")}`);
  await run("apt-get", ["update"], {
    timeoutMs: 300_000,
    failing: "The package lists of this machine could not be updated (apt-get update).",
  });
  const [program, ...args] = quietInstall(missing);
  await run(program, args, {
    timeoutMs: 900_000,
    failing: `The Debian packages ${missing.join(", ")} could not be installed with apt-get.`,
  });
  for (const name of missing) {
    const service = services[name];
    if (service !== undefined) await run("update-rc.d", [service, "disable"]);
  }
  return missing;
}

/** The command that installs packages without starting their services. */
export function quietInstall(packages: readonly string[]): readonly [string, ...string[]] {
  return ["unshare", "--mount", "sh", "-euc", quietScript, "sh", ...packages];
}

/** A constant script; the package names are its arguments. */
const quietScript = `
for starter in /usr/sbin/invoke-rc.d /usr/bin/deb-systemd-invoke; do
  if [ -e "$starter" ]; then mount --bind /bin/true "$starter"; fi
done
exec apt-get install --yes --no-install-recommends "$@"
`;
