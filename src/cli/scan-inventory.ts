import { Failure } from "../base/failure.ts";
import type { InventoryReading } from "../inventory/formats/inventory-format.ts";
import { ecosystemOfRelease, ecosystemsOfRelease } from "../inventory/release-name.ts";
import { readNamedText } from "./read-file.ts";

/**
 * The one inventory that a scan is about, and which release its packages are of. Flags are judged
 * before any feed is read; a release that says no distribution (`el9`) is settled by what the machine
 * has installed, else by what the feeds speak of, and never guessed.
 */
export interface InventoryFlags {
  readonly dpkgStatus?: string;
  readonly rpmQa?: string;
  readonly sbom?: string;
  readonly release?: string;
}

export interface AskedInventory {
  read(coveredByFeeds: () => ReadonlySet<string>): Promise<InventoryReading>;
}

export function askedInventory(flags: InventoryFlags): AskedInventory {
  const { dpkgStatus, rpmQa, sbom, release } = flags;
  if ([dpkgStatus, rpmQa, sbom].filter((file) => file !== undefined).length !== 1) {
    throw new Failure("invalid", "Name one of --dpkg-status, --rpm-qa and --sbom.");
  }
  if (sbom !== undefined) {
    const ecosystem = release === undefined ? null : ecosystemOfRelease(release);
    const text = inventoryText(sbom);
    return { read: async () => (await listReader())(text, ecosystem) };
  }
  if (release === undefined) {
    throw new Failure("invalid", "Say which release the packages are of: --release bookworm.");
  }
  const ecosystems = ecosystemsOfRelease(release, dpkgStatus === undefined ? "rpm" : "deb");
  const text = inventoryText(dpkgStatus ?? rpmQa ?? "");
  return {
    async read(coveredByFeeds) {
      const [first = ""] = ecosystems;
      if (dpkgStatus !== undefined) return (await statusReader())(text, first);
      const inventory = (await rpmReader())(text, first);
      if (ecosystems.length === 1) return inventory;
      const ecosystem = settled(release, { ecosystems, inventory, coveredByFeeds });
      return {
        ...inventory,
        packages: inventory.packages.map((p) => ({ ...p, ecosystem })),
      };
    },
  };
}

async function listReader() {
  return (await import("../inventory/formats/package-list.ts")).readPackageList;
}

async function statusReader() {
  return (await import("../inventory/formats/dpkg-status.ts")).readDpkgStatus;
}

async function rpmReader() {
  return (await import("../inventory/formats/rpm-list.ts")).readRpmList;
}

/** The package that holds /etc/os-release, and the mark of builds that no other distribution makes. */
const traces: Readonly<Record<string, { readonly release: string; readonly mark: RegExp | null }>> =
  {
    AlmaLinux: { release: "almalinux-release", mark: /\.alma\b|\.module_el/ },
    "Rocky Linux": { release: "rocky-release", mark: /\.rocky\b/ },
    "Red Hat": { release: "redhat-release", mark: null },
    "Oracle Linux": { release: "oraclelinux-release", mark: null },
    centos: { release: "centos-stream-release", mark: null },
  };

function settled(
  release: string,
  of: {
    readonly ecosystems: readonly string[];
    readonly inventory: InventoryReading;
    readonly coveredByFeeds: () => ReadonlySet<string>;
  },
): string {
  const { packages } = of.inventory;
  const only = (isIt: (ecosystem: string) => boolean): string | null => {
    const fitting = of.ecosystems.filter(isIt);
    return fitting.length === 1 ? (fitting[0] ?? null) : null;
  };
  const traceOf = (ecosystem: string) => traces[ecosystem.replace(/:.*/, "")];
  const covered = of.coveredByFeeds();
  const found =
    only((each) => packages.some((p) => p.name === traceOf(each)?.release)) ??
    only((each) => packages.some((p) => traceOf(each)?.mark?.test(p.version) ?? false)) ??
    only((each) => covered.has(each));
  if (found !== null) return found;
  throw new Failure(
    "invalid",
    `The release ${JSON.stringify(release.slice(0, 60))} may be of several distributions (${of.ecosystems.join(", ")}), and neither the packages nor the feeds say which. Write its name too: --release almalinux-9.`,
  );
}

/** A file that is not there is a mistake in the command, as every other input that says nothing. */
function inventoryText(file: string): string {
  try {
    return readNamedText(file, "The inventory");
  } catch (cause) {
    if (cause instanceof Failure) throw new Failure("invalid", cause.message, { cause });
    throw cause;
  }
}
