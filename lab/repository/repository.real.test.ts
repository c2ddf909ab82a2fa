import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ExecResult, LabHost } from "../host.ts";
import { type Lab, startLab } from "../lab.ts";
import { effectiveUser, waitFor } from "../machine.ts";
import type { LabPackageName } from "./packages.ts";

const stateDir = join(dirname(fileURLToPath(import.meta.url)), "..", "..", ".fettle", "lab");

describe.skipIf(effectiveUser() !== 0)("a badly behaving package", () => {
  let lab: Lab;
  let host: LabHost;

  beforeAll(async () => {
    lab = await startLab({ hosts: 1, sources: "own", stateDir, name: `bad-${process.pid}` });
    host = lab.host("web-1");
  }, 300_000);

  afterAll(async () => {
    await lab?.stop();
  });

  const apt = (...args: string[]): Promise<ExecResult> =>
    host.exec(["apt-get", "-o", "Dpkg::Options::=--force-confold", "--yes", ...args]);

  const update = async (name: LabPackageName): Promise<ExecResult> => {
    await lab.installBad(host, name);
    const pending = await host.pendingUpdates();
    expect(pending.find((one) => one.name === name)).toMatchObject({
      ...{ installed: "1.0", offered: "2.0", isReal: false },
    });
    return await apt("install", name);
  };

  const status = async (name: string): Promise<string> =>
    (await host.must(["dpkg", "--list", name])).trim().split("\n").at(-1)?.slice(0, 2) ?? "";

  const actions = async (name: string): Promise<readonly string[]> =>
    (await host.groundTruth())
      .filter((effect) => effect.package === name)
      .map(({ version, action }) => `${version} ${action}`);

  const answer = async (port: number): Promise<string> => {
    const url = `http://127.0.0.1:${port}/`;
    return await host.must(["curl", "--silent", "--write-out", "%{http_code}", url]);
  };

  test("lab-good updates and goes back to exactly the old version", async () => {
    expect((await update("lab-good")).code).toBe(0);
    expect(await answer(8101)).toBe("lab-good 2.0\n200");
    expect((await apt("install", "--allow-downgrades", "lab-good=1.0")).code).toBe(0);
    expect(await answer(8101)).toBe("lab-good 1.0\n200");
    expect(await actions("lab-good")).toEqual(
      ["1.0", "2.0", "1.0"].flatMap((version) => [
        `${version} configure`,
        `${version} service-start`,
      ]),
    );
  });

  test("lab-postinst-fails stays half-configured until the old version is back", async () => {
    expect((await update("lab-postinst-fails")).code).not.toBe(0);
    expect(await status("lab-postinst-fails")).toBe("iF");
    expect((await apt("install", "--allow-downgrades", "lab-postinst-fails=1.0")).code).toBe(0);
    expect(await status("lab-postinst-fails")).toBe("ii");
    expect(await actions("lab-postinst-fails")).toEqual([
      ...["1.0 configure", "2.0 configure-fails", "1.0 configure"],
    ]);
  });

  test("lab-answers-500 installs without an error and then answers 500", async () => {
    expect((await update("lab-answers-500")).code).toBe(0);
    expect(await status("lab-answers-500")).toBe("ii");
    expect(await answer(8102)).toBe("lab-answers-500 2.0\n500");
  });

  test("lab-hangs never ends by itself", async () => {
    await lab.installBad(host, "lab-hangs");
    const going = host.exec(["apt-get", "--yes", "install", "lab-hangs"], { timeoutMs: 60_000 });
    await waitFor("the package to hang", 30_000, async () =>
      (await actions("lab-hangs")).includes("2.0 configure-hangs"),
    );
    const hanging = async (): Promise<readonly string[]> =>
      (await host.must(["ps", "-eo", "pid=,args="]))
        .split("\n")
        .filter((line) => line.includes("lab-hangs.postinst"));
    const pid = (await hanging())[0]?.trim().split(" ")[0] ?? "none";
    await host.must(["kill", pid]);
    expect((await going).code).not.toBe(0);
    expect(await hanging()).toEqual([]);
    expect(await status("lab-hangs")).toBe("iF");
    expect((await apt("install", "--allow-downgrades", "lab-hangs=1.0")).code).toBe(0);
  });

  test("lab-asks asks its question of whoever can answer, and takes no answer for one", async () => {
    expect((await update("lab-asks")).code).toBe(0);
    expect(await actions("lab-asks")).toEqual(["1.0 configure", "2.0 configure-answer="]);
    const asked = await host.must(["debconf-show", "lab-asks"]);
    expect(asked).toContain("lab-asks/owner");
  });

  test("lab-conffile keeps the edited file when told so, and stops without being told", async () => {
    await lab.installBad(host, "lab-conffile");
    const untold = await host.exec(["apt-get", "--yes", "install", "lab-conffile"], { input: "" });
    expect(untold.code).not.toBe(0);
    expect((await apt("--fix-broken", "install")).code).toBe(0);
    const kept = await host.must(["cat", "/etc/lab-conffile.conf"]);
    expect(kept).toContain("owner = this host");
    const offered = await host.must(["cat", "/etc/lab-conffile.conf.dpkg-dist"]);
    expect(offered).toContain("limit = 2.0");
  });

  test("lab-needs-new brings a package that the host did not have", async () => {
    expect((await update("lab-needs-new")).code).toBe(0);
    expect(await status("lab-new")).toBe("ii");
    expect(await actions("lab-new")).toEqual(["2.0 configure"]);
  });

  test("liblab1's user answers the old version until it is restarted", async () => {
    expect((await update("liblab1")).code).toBe(0);
    expect(await answer(8103)).toBe("lab-library-user 1.0\n200");
    const maps = await host.must(["sh", "-c", "grep -h liblab.so.1 /proc/[0-9]*/maps"]);
    expect(maps).toContain("(deleted)");
    await host.must(["/etc/init.d/lab-library-user", "restart"]);
    expect(await answer(8103)).toBe("lab-library-user 2.0\n200");
  });

  test("services come back after a reboot, and the ground truth tells the boots apart", async () => {
    const before = await host.bootId();
    await host.reboot();
    expect(await answer(8101)).toBe("lab-good 1.0\n200");
    const last = (await host.groundTruth()).filter((one) => one.package === "lab-good").at(-1);
    expect(last).toMatchObject({ action: "service-start", bootId: await host.bootId() });
    expect(last?.bootId).not.toBe(before);
  });
});
