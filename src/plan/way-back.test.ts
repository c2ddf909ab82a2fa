import { describe, expect, test } from "vitest";
import { aMove } from "../../test/builders/plan.ts";
import type { Step } from "./model.ts";
import { undoOf } from "./planner-bodies.ts";
import { wayBackOf } from "./way-back.ts";

function bodyOf(moves: readonly ReturnType<typeof aMove>[], more: readonly Step[] = []) {
  const steps = moves.map(({ verb, name, arch, from, to, sha256 }) => {
    return { verb, name, arch, from, to, sha256 };
  });
  const undo = moves.map((move, at) => ({ at: at + 1, step: undoOf(move) }));
  return { steps: [...steps, ...more], undo };
}

const install = (name: string) =>
  aMove({ verb: "install", name, from: "-", to: "2", oldSha256: null });

describe("what revert really does", () => {
  test("is a downgrade where every move has its undo, with the services again", () => {
    const back = wayBackOf(bodyOf([aMove()], [{ verb: "restart", unit: "nginx.service" }]));
    expect(back).toMatchObject({ class: "downgrade", tone: "good" });
    expect(back.says).toEqual([
      "Puts back libssl3 3.0.17-1~deb12u2, from files that are on the host before anything changes.",
      "Restarts nginx.service again.",
      "Data that the new version converted or wrote stays as it is.",
    ]);
  });

  test("drains a host that has rejoined before it goes back, and lets it rejoin at the end", () => {
    const [run, move] = [(hook: string): Step => ({ verb: "run", hook }), aMove()];
    const { steps } = bodyOf([move], [run("in-db"), run("in-web")]);
    const undo = [
      { at: 1, step: run("in-web") },
      { at: 2, step: run("in-db") },
      { at: 3, step: undoOf(move) },
      { at: 4, step: run("out-db") },
      { at: 5, step: run("out-web") },
    ];
    const back = wayBackOf({ steps: [run("out-web"), run("out-db"), ...steps], undo });
    expect(back.says).toEqual([
      "Runs out-web, out-db first, where the host has rejoined.",
      "Puts back libssl3 3.0.17-1~deb12u2, from files that are on the host before anything changes.",
      "Runs in-db, in-web at the end.",
      "Data that the new version converted or wrote stays as it is.",
    ]);
  });

  test("is the kernel before where a new one comes beside it, and needs a reboot", () => {
    const body = bodyOf([
      install("linux-image-6.1.0-30-amd64"),
      aMove({ name: "linux-image-amd64" }),
    ]);
    const back = wayBackOf(body);
    expect(back.class).toBe("previous-kernel");
    expect(back.says).toContain("Removes linux-image-6.1.0-30-amd64.");
    expect(back.says.join(" ")).toContain("only after a reboot");
  });

  test("is nothing at all as soon as one move has no undo", () => {
    const { steps, undo } = bodyOf([aMove(), aMove({ name: "openssl" })]);
    expect(wayBackOf({ steps, undo: undo.slice(1) }).class).toBe("none");
    expect(wayBackOf({ steps, undo: [] }).says[0]).toContain("Nothing puts libssl3, openssl back");
  });

  test("is a snapshot only where a step restores one", () => {
    const { steps } = bodyOf([aMove()]);
    const undo = [{ at: 1, step: { verb: "restore", name: "before" } as const }];
    expect(wayBackOf({ steps, undo })).toMatchObject({ class: "snapshot", tone: "attention" });
    expect(wayBackOf({ steps: [{ verb: "reboot" }], undo: [] }).class).toBe("nothing");
  });
});
