import { ApiProblem, ask, type Client } from "../../src/client/client.ts";

/**
 * People who write through the API without a pause, and remember what they were told of each write.
 * Half of the writes make something new; the others change two labels of a host of their own, which
 * are equal for ever if no write is half applied.
 */
export interface Written {
  /** Names of hosts that were added, with what each writer was told. */
  readonly added: ReadonlyMap<string, Told>;
  /** By the writer's own host: what it was told of its edits, in order. */
  readonly edits: ReadonlyMap<string, readonly Told[]>;
}

export interface Told {
  /** `stored`, or the code and the sentence of the refusal. */
  readonly code: string;
  readonly sentence: string;
}

export interface Writers {
  readonly written: Written;
  stored(): number;
  refused(): number;
  stop(): Promise<void>;
}

export const STORED: Told = { code: "stored", sentence: "" };
const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

export async function startWriters(client: Client, count: number): Promise<Writers> {
  const added = new Map<string, Told>();
  const edits = new Map<string, Told[]>();
  const own = Array.from({ length: count }, (_, writer) => `writer-${writer}`);
  for (const name of own) {
    expectStored(await tell(addHost(client, name)));
    edits.set(name, []);
  }
  let isOver = false;
  const write = async (name: string): Promise<void> => {
    const mine = edits.get(name) ?? [];
    for (let n = 0; !isOver; n += 1) {
      const fresh = `${name}-${n}`;
      added.set(fresh, await tell(addHost(client, fresh)));
      mine.push(await tell(relabel(client, name, mine.length)));
    }
  };
  const done = Promise.all(own.map(write));
  const all = (): Told[] => [...added.values(), ...[...edits.values()].flat()];
  return {
    written: { added, edits },
    stored: () => all().filter(isStored).length,
    refused: () => all().filter((told) => !isStored(told)).length,
    async stop() {
      isOver = true;
      await done;
    },
  };
}

export function isStored(told: Told): boolean {
  return told.code === STORED.code;
}

export async function tell(asking: Promise<unknown>): Promise<Told> {
  try {
    await asking;
    return STORED;
  } catch (cause) {
    if (!(cause instanceof ApiProblem)) throw cause;
    return { code: cause.code, sentence: cause.message };
  }
}

/** A host of this name and of its own address, which nobody ever goes to. */
export function addHost(client: Client, name: string): Promise<unknown> {
  const way = { kind: "ssh" as const, address: `${name}.test`, hostKeys: [HOST_KEY] };
  return ask(client.POST("/api/v1/hosts", { body: { name, way } }));
}

function relabel(client: Client, host: string, n: number): Promise<unknown> {
  const params = { path: { host } };
  const labels = { left: `n${n}`, right: `n${n}` };
  return ask(client.PATCH("/api/v1/hosts/{host}", { params, body: { labels } }));
}

function expectStored(told: Told): void {
  if (!isStored(told)) throw new Error(told.sentence);
}
