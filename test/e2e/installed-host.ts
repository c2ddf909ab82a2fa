import { readFileSync } from "node:fs";
import { installForcedCommand } from "../../lab/forced-command.ts";
import type { LabHost } from "../../lab/host.ts";
import { makeMachineKey } from "../../src/base/sshsig.ts";
import { ask } from "../../src/client/client.ts";
import { writeHostIdentity } from "../../src/fleet/host-identity.ts";
import { policyVerbs, writeHostPolicy } from "../../src/fleet/host-policy.ts";
import { machineKey } from "../../src/fleet/store-keys.ts";
import { hostProgram } from "../../src/reach/host-program.ts";
import { type Fleet, hostBody, type Person } from "./fleet.ts";

/** A host whose program, policy and key its own people installed; the server gets in no other way. */

/**
 * Two people must have signed for any ring; the server's own page does not count alone. By certificate the
 * host knows no key of the server: only its authority, by the lines that `fettle host authority` prints.
 */
export async function addInstalledHost(
  fleet: Fleet,
  host: LabHost,
  approvers: readonly Person[],
  by: "key" | "certificate" = "key",
): Promise<string> {
  const { client } = fleet.alice;
  const body = hostBody(fleet, host, "installed");
  const certified = { ...body.way, identityFile: null, byCertificate: true };
  const way = by === "key" ? body.way : certified;
  const added = await ask(client.POST("/api/v1/hosts", { body: { ...body, way } }));
  const { protocolId } = added;
  const ring = host.labels["ring"]!;
  const identity = writeHostIdentity({ tenant: "fettle", host: protocolId, ring, labels: [] });
  const policy = policyText(fleet, ring, approvers);
  const publicKey = await wayIn(fleet, { host, by });
  await installForcedCommand(host, { program: hostProgram(), identity, policy, publicKey });
  // Root's own act on the host makes key and anchor; the server has no part in it.
  const input = `enrol\n@identity\n${identity}@policy\n${policy}@end\n`;
  const said = await host.must(["/usr/sbin/fettle-host", "piped"], { input });
  if (!said.includes("@enrolled")) throw new Error(`not enrolled: ${said}`);
  const shown = await host.must(["ssh-keygen", "-lf", "/var/lib/fettle/key.pub"]);
  const fingerprint = shown.split(" ")[1]!;
  const params = { path: { host: host.name } };
  const confirmed = { params, body: { fingerprint, ring } };
  await ask(client.POST("/api/v1/hosts/{host}/enrolment/confirmation", confirmed));
  return protocolId;
}

async function wayIn(
  fleet: Fleet,
  { host, by }: { readonly host: LabHost; readonly by: "key" | "certificate" },
): Promise<string | readonly string[]> {
  if (by === "key") {
    return readFileSync(`${fleet.lab.identityFile}.pub`, "utf8").split(" ", 2).join(" ");
  }
  const params = { query: { host: host.name } };
  const { lines } = await ask(fleet.alice.client.GET("/api/v1/ssh-authority", { params }));
  return lines?.server ?? [];
}

function policyText(fleet: Fleet, ring: string, approvers: readonly Person[]): string {
  const dispatcher = keyOf(machineKey(fleet.server.state, "dispatcher").publicKeyLine);
  // Nobody on the server has it.
  const root = keyOf(makeMachineKey().publicKeyLine);
  const log = keyOf(machineKey(fleet.server.state, "log").publicKeyLine);
  return writeHostPolicy({
    tenant: "fettle",
    version: 1,
    rootsNeeded: 1,
    roots: [{ name: "r1", ...root }],
    dispatchers: [{ name: "d1", ...dispatcher }],
    logs: [{ name: "l1", ...log }],
    witnesses: [],
    approvers: approvers.map((person) => ({
      person: person.handle,
      groups: [],
      class: "ssh",
      ...keyOf(readFileSync(`${person.key}.pub`, "utf8")),
    })),
    revoked: [],
    depots: [{ url: "http://localhost/depot", keyring: "debian" }],
    rings: [
      {
        ...{ ring, class: "normal", need: 2, outside: 1, groups: [], validity: 7 * 86_400 },
        ...{ permit: { kind: "online" }, revert: { kind: "order", seconds: 259_200 } },
        ...{ sod: "plain", log: "seen", verbs: policyVerbs, gate: 0, isBound: false },
      },
    ],
  });
}

function keyOf(line: string) {
  const [type = "", base64 = ""] = line.trim().split(" ");
  return { type: type as "ssh-ed25519" | "ecdsa-sha2-nistp256", base64 };
}
