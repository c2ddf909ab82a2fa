import { systemActor } from "../../src/base/actor.ts";
import type { HostId } from "../../src/base/ids.ts";
import { newId } from "../../src/base/ids.ts";
import type { Labels } from "../../src/base/labels.ts";
import { inTransaction } from "../../src/db/database.ts";
import type { World } from "../../src/db/world.ts";
import { parseInspection } from "../../src/inventory/inspection.ts";
import type { StoredPackage } from "../../src/inventory/model.ts";
import { recordInspection } from "../../src/inventory/record-inspection.ts";
import { insertHosts } from "../../src/inventory/store.ts";

/** Puts a host with these packages into the store the way an inspection does; for tests. */
export async function addHost(
  world: World,
  of: {
    readonly name: string;
    readonly packages: readonly Pick<
      StoredPackage,
      "name" | "version" | "arch" | "source" | "sourceVersion"
    >[];
    readonly labels?: Labels;
    readonly kernel?: string;
    readonly os?: string;
    /** Lines that tell what runs, as the host program writes them. */
    readonly runtime?: readonly string[];
    /** Name, architecture and version of a package, then a source and version it was built with. */
    readonly built?: readonly (readonly string[])[];
  },
): Promise<HostId> {
  const id = newId<HostId>(Date.now());
  const now = world.clock();
  const hex = id.replaceAll("-", "").slice(-20);
  await inTransaction(world.db, (tx) =>
    insertHosts(
      tx,
      [
        {
          id,
          name: of.name,
          protocolId: `h-${hex}`,
          labels: of.labels ?? {},
          way: { kind: "local" },
          mode: "managed",
        },
      ],
      now,
    ),
  );
  await inspect(world, id, of);
  return id;
}

/** A later inspection of the same host. */
export async function inspect(
  world: World,
  id: HostId,
  of: Pick<Parameters<typeof addHost>[1], "packages" | "kernel" | "os" | "runtime" | "built">,
): Promise<void> {
  const lines = of.packages.map(
    (p) =>
      `pkg ${[p.name, p.arch, p.version, p.source, p.sourceVersion, "installed", "auto"].join("\t")}`,
  );
  const result = parseInspection([
    `os ${of.os ?? "debian 12 bookworm"}`,
    "arch amd64",
    `kernel ${of.kernel ?? "6.1.0-9-amd64"}`,
    `boot ${"0".repeat(32)}`,
    "lists ok 1700000000 -",
    ...lines,
    ...(of.built ?? []).map((fields) => `built ${fields.join("\t")}`),
    ...(of.runtime ?? []),
  ]);
  if (result.kind !== "inspection") throw new Error(result.problem);
  const at = world.clock();
  await inTransaction(world.db, (tx) =>
    recordInspection(
      tx,
      { id },
      {
        inspection: result.inspection,
        observedAt: at,
        recordedAt: at,
        actor: systemActor.subject,
      },
    ),
  );
}
