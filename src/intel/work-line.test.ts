import { expect, it } from "vitest";
import { inWorkLine } from "./work-line.ts";

it("runs works in their order, while those after them are made ready", async () => {
  const done: string[] = [];
  const ends: (() => void)[] = [];
  const result = await inWorkLine(async (line) => {
    const add = (name: string): Promise<void> =>
      line.add(async () => {
        await new Promise<void>((resolve) => ends.push(resolve));
        done.push(name);
      });
    await add("first");
    await add("second");
    // Two stand in line; the third has to wait until the first is done.
    const third = add("third").then(() => done.push("made ready after the third"));
    expect(done).toEqual([]);
    for (const at of [0, 1, 2]) {
      await expect.poll(() => ends.length).toBe(at + 1);
      ends[at]?.();
    }
    await third;
    return "result";
  });
  expect(result).toBe("result");
  expect(done.filter((each) => !each.startsWith("made"))).toEqual(["first", "second", "third"]);
  expect(done.indexOf("made ready after the third")).toBeLessThan(3);
});

it("runs nothing behind one that failed, and tells of it", async () => {
  let hasRun = false;
  const ended = inWorkLine(async (line) => {
    await line.add(async () => {
      throw new Error("full");
    });
    await line.add(async () => {
      hasRun = true;
    });
  });
  await expect(ended).rejects.toThrow("full");
  expect(hasRun).toBe(false);
});

it("waits for what runs before it tells that making ready failed", async () => {
  let isDone = false;
  const ended = inWorkLine(async (line) => {
    await line.add(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      isDone = true;
    });
    throw new Error("unreadable");
  });
  await expect(ended).rejects.toThrow("unreadable");
  expect(isDone).toBe(true);
});
