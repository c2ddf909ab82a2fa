import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, expect, test } from "vitest";
import { Asker } from "../../web/app/ask-again.ts";

const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
afterEach(() => client.clear());

/** A question somebody looks at, whose every answer comes when the test says so. */
function slowQuestion() {
  const waiting: ((cause?: Error) => void)[] = [];
  let cancelled = 0;
  const observer = new QueryObserver(client, {
    queryKey: ["slow"],
    queryFn: ({ signal }) =>
      new Promise<number>((resolve, reject) => {
        signal.addEventListener("abort", () => {
          cancelled += 1;
        });
        const count = waiting.length + 1;
        waiting.push((cause) => (cause === undefined ? resolve(count) : reject(cause)));
      }),
  });
  const stop = observer.subscribe(() => undefined);
  return { observer, stop, waiting, cancelled: () => cancelled };
}

test("a storm of hints lets a slow question finish, and asks once more afterwards", async () => {
  const { observer, stop, waiting, cancelled } = slowQuestion();
  const asker = new Asker(client);
  expect(waiting).toHaveLength(1);
  const storm = Array.from({ length: 50 }, () => asker.makeOld(() => true));
  await Promise.resolve();
  expect(waiting).toHaveLength(1);
  waiting[0]?.();
  await expect.poll(() => waiting.length).toBe(2);
  expect(observer.getCurrentResult().data).toBe(1);
  waiting[1]?.();
  await Promise.all(storm);
  expect(observer.getCurrentResult().data).toBe(2);
  expect(waiting).toHaveLength(2);
  expect(cancelled()).toBe(0);
  stop();
});

test("a hint after the answer asks again at once, and one after a failure too", async () => {
  const { observer, stop, waiting } = slowQuestion();
  const asker = new Asker(client);
  waiting[0]?.(new Error("the server is away"));
  await expect.poll(() => observer.getCurrentResult().isError).toBe(true);
  const second = asker.makeOld(() => true);
  await expect.poll(() => waiting.length).toBe(2);
  waiting[1]?.();
  await second;
  expect(observer.getCurrentResult().data).toBe(2);
  stop();
});
