import { expect, it } from "vitest";
import { readBillBeside } from "./actions-read-bill.ts";
import { readBill } from "./read-bill.ts";

function billOf(count: number): Buffer {
  const components = Array.from({ length: count }, (_, at) => ({
    ...{ type: "library", name: `p${at}`, version: "1.0.0", "bom-ref": `p${at}` },
    purl: `pkg:npm/p${at}@1.0.0`,
  }));
  const dependencies = components.map((one, at) => ({
    ref: one["bom-ref"],
    dependsOn: [`p${(7 * at + 1) % count}`],
  }));
  const bom = { bomFormat: "CycloneDX", specVersion: "1.6", components, dependencies };
  return Buffer.from(JSON.stringify(bom));
}

it("reads a large document in a thread: the same, while other work goes on", async () => {
  const given = { bytes: billOf(2_500), release: null };
  let turns = 0;
  let isDone = false;
  const turning = (async () => {
    while (!isDone) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      turns += 1;
    }
  })();
  const read = await readBillBeside(given);
  isDone = true;
  await turning;
  // In one thread nothing else would have had a turn before it was read.
  expect(turns).toBeGreaterThan(10);
  expect(read).toEqual(readBill(given));
});

it("refuses there what is refused here, with the same words", async () => {
  const bytes = Buffer.from(`${" ".repeat(300_000)}{"bomFormat":"CycloneDX","bomFormat":1}`);
  const refusal = () => readBill({ bytes, release: null });
  expect(refusal).toThrow("stands twice");
  await expect(readBillBeside({ bytes, release: null })).rejects.toMatchObject({
    code: "invalid",
    message: expect.stringContaining("stands twice"),
  });
});
